from orderguard.channels.youzan.adapter import YouzanChannel
from orderguard.channels.youzan.calls import YouzanCalls

CHANNEL = YouzanChannel()
CALLS = YouzanCalls()
