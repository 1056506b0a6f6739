from orderguard.gateway.protocol import BoundedHttp
from orderguard.gateway.webhooks import GatewayLimits, WebhookApp

__all__ = ["BoundedHttp", "GatewayLimits", "WebhookApp"]
