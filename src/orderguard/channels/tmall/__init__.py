from orderguard.channels.tmall.adapter import TmallChannel
from orderguard.channels.tmall.calls import TmallCalls
from orderguard.channels.tmall.feed import TmcFeed

CHANNEL, CALLS, FEED = TmallChannel(), TmallCalls(), TmcFeed()
