from orderguard.channels.shopify.adapter import ShopifyChannel
from orderguard.channels.shopify.calls import ShopifyCalls

CHANNEL = ShopifyChannel()
CALLS = ShopifyCalls()
