from orderguard.actions.sms.adapter import SmsKind

ACTION = SmsKind()
