from orderguard.actions.lock_stock.adapter import LockStockKind

ACTION = LockStockKind()
