"""How threads share the processor."""

import os
import sys
import threading

_NICE = 10


def yield_to_others() -> None:
    """Let this thread step back behind the others of the process, where the system can do that.

    Linux gives each thread a nice value of its own; elsewhere it is the process's.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
