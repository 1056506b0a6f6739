"""Find what is wrong with an installation, and say how to mend it."""

from orderguard.commands.doctor.run import command

__all__ = ["command"]
