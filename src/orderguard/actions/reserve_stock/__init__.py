from orderguard.actions.reserve_stock.adapter import ReserveStockKind

ACTION = ReserveStockKind()
