from orderguard.channels.jd.adapter import JdChannel
from orderguard.channels.jd.calls import JdCalls

CHANNEL = JdChannel()
"""The `jd` channel: pushes of JD Daojia, and orders of POP shops as JOS answers them."""

CALLS = JdCalls()
"""Asks JOS for orders and refunds, and leaves remarks."""
