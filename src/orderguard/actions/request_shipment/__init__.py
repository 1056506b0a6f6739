from orderguard.actions.request_shipment.adapter import KIND as ACTION

__all__ = ["ACTION"]
