from orderguard.actions.refetch_order.adapter import KIND as ACTION

__all__ = ["ACTION"]
