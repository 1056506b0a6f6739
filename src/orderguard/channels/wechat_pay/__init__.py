from orderguard.channels.wechat_pay.adapter import WechatPayChannel

CHANNEL = WechatPayChannel()
"""The `wechat_pay` channel: notifications of WeChat Pay v3 on payments and refunds."""
