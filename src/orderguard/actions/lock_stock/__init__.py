from orderguard.actions.lock_stock.adapter import KIND as ACTION

__all__ = ["ACTION"]
