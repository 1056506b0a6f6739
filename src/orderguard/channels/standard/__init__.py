from orderguard.channels.standard.adapter import StandardChannel

CHANNEL = StandardChannel()
