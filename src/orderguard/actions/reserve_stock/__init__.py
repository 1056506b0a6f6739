from orderguard.actions.reserve_stock.adapter import KIND as ACTION

__all__ = ["ACTION"]
