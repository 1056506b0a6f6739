from orderguard.actions.webhook.adapter import WebhookKind

ACTION = WebhookKind()
