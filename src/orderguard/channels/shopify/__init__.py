from orderguard.channels.shopify.adapter import ShopifyChannel

CHANNEL = ShopifyChannel()
