from orderguard.actions.cancel_order.adapter import KIND as ACTION

__all__ = ["ACTION"]
