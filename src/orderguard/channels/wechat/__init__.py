from orderguard.channels.wechat.adapter import WechatChannel
from orderguard.channels.wechat.calls import WechatCalls

CHANNEL = WechatChannel()
"""The `wechat` channel: message push of WeChat Shops (微信小店) and of mini-program shipping."""

CALLS = WechatCalls()
"""What can be asked of the shop's interface, by the app's own access token."""
