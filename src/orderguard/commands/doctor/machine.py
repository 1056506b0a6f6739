"""The machine: its clock, and the address that the server listens on."""

import ctypes
import http.client
import socket
from collections.abc import Iterator
from errno import EADDRINUSE

from orderguard.bilingual import Bilingual
from orderguard.commands.doctor.finding import Finding, Patient, fault, note, reason
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
    now = rfc3339(now_ms)
    mend = Bilingual(
        "Set the clock, best by NTP; what is received bears its time.",
        "请校准时钟，最好用 NTP；收到的一切都记它的时间。",
    )
    if from_ms(now_ms).year < YEAR_MIN:
        found = Bilingual(f"The system's clock says {now}.", f"系统时钟显示 {now}。")
        yield fault("clock", found, mend)
    _, received_ms = patient.installation.log_end()
    if received_ms > now_ms + AHEAD_MS_MAX:
        newest, back = rfc3339(received_ms), span(received_ms - now_ms)
        found = Bilingual(
            f"The log's newest entry is of {newest}, which is yet to come: the clock"
            f" went back by {back.en}, or was ahead then.",
            f"日志最新一条的时间是 {newest}，还没有到：时钟倒退了{back.zh}，或当时走快了。",
        )
        yield fault("clock", found, mend)
    elif is_synchronised():
        found = Bilingual(f"{now}, kept by a source of time.", f"{now}，与时间源同步。")
        yield Finding("clock", found)
    else:
        found = Bilingual(
            f"{now}; the system does not say that a source of time keeps it.",
            f"{now}；系统没有说它与时间源同步。",
        )
        mend = Bilingual(
            "Run an NTP client, unless what runs this machine sets it.",
            "请运行 NTP 客户端，除非宿主机替它校时。",
        )
        yield note("clock", found, mend)


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
    place, process = f"{host}:{number}", patient.installation.server_process()
    try:
        is_free = _is_free(host, number)
    except OSError as error:
        why = reason(error)
        found = Bilingual(
            f"Nobody can listen on {place}: {why.en}.", f"无法监听 `{place}`：{why.zh}。"
        )
        mend = Bilingual(
            "Correct [server] in orderguard.toml.", "请改正 orderguard.toml 里的 [server]。"
        )
        yield fault("port", found, mend)
        return
    if is_free and process:
        found = Bilingual(
            f"{place} is free; process {process} serves on another.",
            f"{place} 空闲；进程 {process} 在另一个端口上服务。",
        )
        yield Finding("port", found)
    elif is_free:
        yield Finding("port", Bilingual(f"{place} is free.", f"{place} 空闲。"))
    elif process and _answers(host, number):
        found = Bilingual(
            f"{place} is served by process {process}.", f"{place} 由进程 {process} 服务。"
        )
        yield Finding("port", found)
    else:
        found = Bilingual(f"{place} is taken by another program.", f"{place} 被别的程序占用。")
        mend = Bilingual(
            "Stop who has it, or set [server] port in orderguard.toml.",
            "请停止占用它的程序，或在 orderguard.toml 里改 [server] port。",
        )
        yield fault("port", found, mend)


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
