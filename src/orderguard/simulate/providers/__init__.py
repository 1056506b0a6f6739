"""Local servers that speak the providers' protocols, with faults on demand.

A module here has the name of an action; its `PROVIDERS` are what the action can be connected to,
by their names. They listen on 127.0.0.1 alone.
"""
