from orderguard.channels.wms_qimen.adapter import QimenChannel
from orderguard.channels.wms_qimen.calls import QimenCalls

CHANNEL = QimenChannel()
"""The `wms_qimen` channel: warehouses that speak Qimen's XML, signed with an app's secret."""

CALLS = QimenCalls()
"""Asks the warehouse to hold, release and cancel orders."""
