"""What a failure of an SDK means: all of them stand on `requests`, and wrap what it raises.

Their texts hold the whole request, the buyer's number with it. So our own failures are raised
`from None`: no log and no traceback shall have it.
"""

import ssl
from collections.abc import Iterator

import requests
import urllib3

from orderguard.errors import ActionFailure, MaybeDone, NotDone

BUSY_S = 60.0
"""How long to wait for a provider that is busy and does not say for how long."""

_NEVER_REACHED = (
    requests.exceptions.ConnectTimeout,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    # Other faults of TLS come after the handshake too.
    ssl.SSLCertVerificationError,
)

_INNER = ("reason", "inner_exception")
"""Where urllib3 and Aliyun's SDK keep what they wrap."""


def network_failure(error: BaseException, who: str) -> ActionFailure:
    """For anything that is not an answer."""
    if any(isinstance(one, _NEVER_REACHED) for one in _chain(error)):
        return NotDone(f"{who} was not reached.", hint="Nothing was sent.")
    return MaybeDone(
        f"{who} was asked, and its answer is not known ({type(error).__name__}).",
        hint="Look in its console whether the message went out.",
    )


def busy(who: str, seconds: float = BUSY_S) -> NotDone:
    return NotDone(f"{who} takes no more now.", hint="Nothing was sent.", retry_after_s=seconds)


def broken(who: str, code: object) -> MaybeDone:
    return MaybeDone(
        f"{who} had a fault of its own ({code}).",
        hint="Look in its console whether the message went out.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and what that holds: urllib3 and requests nest in arguments."""
    remaining: list[object] = [error]
    seen: set[int] = set()
    while remaining:
        one = remaining.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        remaining += [one.__cause__, one.__context__, *one.args]
        remaining += [getattr(one, name, None) for name in _INNER]
