from orderguard.actions.notify.adapter import NotifyKind

ACTION = NotifyKind()
