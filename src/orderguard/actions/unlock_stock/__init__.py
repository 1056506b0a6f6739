from orderguard.actions.unlock_stock.adapter import KIND as ACTION

__all__ = ["ACTION"]
