"""Find what is wrong with an installation, and say how to mend it."""

from orderguard.commands.doctor.run import command, diagnose

__all__ = ["command", "diagnose"]
