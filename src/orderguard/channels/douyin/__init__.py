from orderguard.channels.douyin.adapter import DouyinChannel
from orderguard.channels.douyin.calls import DouyinCalls

CHANNEL = DouyinChannel()
CALLS = DouyinCalls()
