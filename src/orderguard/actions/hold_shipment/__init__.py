from orderguard.actions.hold_shipment.adapter import KIND as ACTION

__all__ = ["ACTION"]
