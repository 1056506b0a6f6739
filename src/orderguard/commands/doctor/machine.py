"""The machine: its clock, and the address that the server listens on."""

import ctypes
import http.client
import socket
from collections.abc import Iterator
from errno import EADDRINUSE

from orderguard.commands.doctor.finding import Finding, Patient, fault, note
from orderguard.flows.sender_faults import span
from orderguard.kit.clock import MS_PER_MINUTE, SystemClock, from_ms, rfc3339

AHEAD_MS_MAX = 5 * MS_PER_MINUTE
YEAR_MIN = 2026
ANSWER_S_MAX = 2.0

_TIMEX_BYTES = 512
_TIME_ERROR = 5
"""The kernel's word for a clock that nothing keeps set."""


def clock(patient: Patient) -> Iterator[Finding]:
    now_ms = SystemClock().now_ms()
    mend = "Set the clock, best by NTP; what is received bears its time."
    if from_ms(now_ms).year < YEAR_MIN:
        yield fault("clock", f"The system's clock says {rfc3339(now_ms)}.", mend)
    _, received_ms = patient.installation.log_end()
    if received_ms > now_ms + AHEAD_MS_MAX:
        found = (
            f"The log's newest entry is of {rfc3339(received_ms)}, which is yet to come: the clock"
            f" went back by {span(received_ms - now_ms)}, or was ahead then."
        )
        yield fault("clock", found, mend)
    elif is_synchronised():
        yield Finding("clock", f"{rfc3339(now_ms)}, kept by a source of time.")
    else:
        found = f"{rfc3339(now_ms)}; the system does not say that a source of time keeps it."
        yield note("clock", found, "Run an NTP client, unless what runs this machine sets it.")


def is_synchronised() -> bool:
    """Whether the kernel says that something keeps its clock set; not all kernels can tell."""
    try:
        ask = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return False
    state = int(ask(ctypes.create_string_buffer(_TIMEX_BYTES)))  # All zeros: it sets nothing.
    return 0 <= state != _TIME_ERROR


def port(patient: Patient) -> Iterator[Finding]:
    if patient.settings is None:
        return
    host, number = patient.settings.server.host, patient.settings.server.port
    process = patient.installation.server_process()
    try:
        is_free = _is_free(host, number)
    except OSError as error:
        found = f"Nobody can listen on {host}:{number}: {error.strerror}."
        yield fault("port", found, "Correct [server] in orderguard.toml.")
        return
    if is_free:
        serving = f"; process {process} serves on another" if process else ""
        yield Finding("port", f"{host}:{number} is free{serving}.")
    elif process and _answers(host, number):
        yield Finding("port", f"{host}:{number} is served by process {process}.")
    else:
        mend = "Stop who has it, or set [server] port in orderguard.toml."
        yield fault("port", f"{host}:{number} is taken by another program.", mend)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno == EADDRINUSE:
                return False
            raise
    return True


def _answers(host: str, port: int) -> bool:
    """Whether a server like ours answers there."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S_MAX)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
