from orderguard.actions.remark_order.adapter import RemarkOrderKind

ACTION = RemarkOrderKind()
