"""Opening the page, where there is a browser that people see."""

import os
import subprocess
import sys
from collections.abc import Mapping

_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


class Opening:
    """A browser on its way. `failed` once it is known that none came."""

    def __init__(self, link: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if has_display(os.environ, sys.platform):
            # In a process of its own, since browsers print, and some stay until they are closed.
            self._process = subprocess.Popen(  # noqa: S603 - our own code, with our own link.
                [sys.executable, "-c", _OPEN, link],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def failed(self) -> bool:
        return self._process is None or bool(self._process.poll())


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Without one, a browser in the terminal would take that from the demo."""
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
