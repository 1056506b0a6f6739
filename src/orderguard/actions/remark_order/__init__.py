from orderguard.actions.remark_order.adapter import KIND as ACTION

__all__ = ["ACTION"]
