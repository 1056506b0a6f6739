"""The keys, the stores, and whether they fit together."""

from collections.abc import Iterator
from pathlib import Path

from orderguard.app import examine_store
from orderguard.bilingual import Bilingual
from orderguard.commands.doctor.finding import Finding, Patient, fault

LAG_ENTRIES_MAX = 1_000_000
"""More than this much log to fold delays the next start by over 5 s."""


def keys(patient: Patient) -> Iterator[Finding]:
    keyring = patient.installation.keyring()
    count, active = len(keyring.data_keys), keyring.active
    found = Bilingual(
        f"{count} data keys; key {active} seals.", f"{count} 个数据密钥；用密钥 {active} 加密。"
    )
    yield Finding("keys", found)


def stores(patient: Patient) -> Iterator[Finding]:
    for path in patient.installation.store_paths:
        if not path.exists():
            if path == patient.installation.control_path:
                found = Bilingual(f"{path.name} is not there.", f"没有 {path.name}。")
                mend = Bilingual("Restore it from a backup.", "请从备份恢复。")
                yield fault("stores", found, mend)
            else:
                found = Bilingual(
                    f"{path.name} is not there yet: the server makes it.",
                    f"还没有 {path.name}：服务器会建立它。",
                )
                yield Finding("stores", found)
            continue
        yield _store(path)


def _store(path: Path) -> Finding:
    examined = examine_store(path)
    version, most = examined.version, examined.version_max
    if examined.damage:
        found = Bilingual(
            f"{path} is damaged: {examined.damage}", f"{path} 已损坏：“{examined.damage}”"
        )
        return fault("stores", found, _repair(path))
    if version > most:
        found = Bilingual(
            f"{path} has schema {version}, newer than {most}.",
            f"{path} 的结构版本是 {version}，比 {most} 新。",
        )
        mend = Bilingual(
            "Start the newest OrderGuard that wrote to it.", "请启动写过它的最新版 OrderGuard。"
        )
        return fault("stores", found, mend)
    found = Bilingual(
        f"{path.name} is whole, schema {version}.", f"{path.name} 完好，结构版本 {version}。"
    )
    return Finding("stores", found)


def lag(patient: Patient) -> Iterator[Finding]:
    """How far the state is behind the log; it can never be ahead."""
    (last, _), cursor = patient.installation.log_end(), patient.installation.state_cursor()
    found = Bilingual(
        f"The log has {last} entries, the state {cursor} of them.",
        f"日志有 {last} 条，状态已处理 {cursor} 条。",
    )
    if cursor > last:
        mend = Bilingual(
            "Restore the log, or remove state.db*: the state is rebuilt from the log.",
            "请恢复日志，或删除 state.db*：状态会按日志重建。",
        )
        yield fault("lag", found, mend)
    elif last - cursor > LAG_ENTRIES_MAX:
        mend = Bilingual(
            "See the server's messages for saves that fail; the next start takes long.",
            "请在服务器输出里查看失败的保存；下次启动会很慢。",
        )
        yield fault("lag", found, mend)
    else:
        yield Finding("lag", found)


def _repair(path: Path) -> Bilingual:
    if path.name == "state.db":
        return Bilingual(
            "Stop the server, remove state.db* and start it: the state is rebuilt from the log.",
            "请停止服务器，删除 state.db* 再启动：状态会按日志重建。",
        )
    return Bilingual(
        f"Stop the server and restore {path.name} from a backup.",
        f"请停止服务器，从备份恢复 {path.name}。",
    )
