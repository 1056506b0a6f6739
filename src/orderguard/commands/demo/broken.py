"""What ends a demo before its time."""


class Broken(Exception):
    """A process of the demo ended, or does not do its part; the text says which and how."""


class NotAnswered(Broken):
    """The server does not answer, or not what it should."""
