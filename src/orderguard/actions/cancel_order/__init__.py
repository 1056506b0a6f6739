from orderguard.actions.cancel_order.adapter import CancelOrderKind

ACTION = CancelOrderKind()
