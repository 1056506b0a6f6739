import os
from collections.abc import Mapping
from pathlib import Path

import click

from orderguard.app import Installation
from orderguard.bilingual import Bilingual
from orderguard.commands.doctor import actions, folder, machine, rules, shops, stores
from orderguard.commands.doctor.finding import Check, Finding, Patient, failed, fault, note
from orderguard.commands.options import data_option, json_option, print_json
from orderguard.errors import OrderGuardError, StoreFailure

CHECKS: Mapping[str, Check] = {
    "files": folder.files,
    "disk": folder.disk,
    "keys": stores.keys,
    "stores": stores.stores,
    "lag": stores.lag,
    "clock": machine.clock,
    "library": rules.library,
    "shops": shops.shops,
    "senders": shops.senders,
    "connections": shops.connections,
    "coverage": rules.coverage,
    "actions": actions.actions,
    "port": machine.port,
}

_WORDS = {"ok": "ok", "note": "note", "fault": "FAULT"}
_INDENT = 19
_NOT_LOOKED_AT = (
    Bilingual("Not looked at: see above.", "没有检查：原因见上。"),
    Bilingual("Run doctor again then.", "改好后请再检查一次。"),
)


def diagnose(data: Path, environment: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order of the checks; a check that finds nothing says `in order`."""
    if not data.is_dir():
        mend = Bilingual(
            f"orderguard init --data {data}", f"请执行 `orderguard init --data {data}`"
        )
        found = Bilingual(f"{data} is not there.", f"没有 {data}。")
        return [fault("folder", found, mend)]
    installation = Installation(data)
    findings = []
    settings = None
    try:
        settings = installation.settings(environment)
        mode = settings.respond.mode
        found = Bilingual(f"mode {mode}, in order.", f"模式 {mode}，正常。")
        findings.append(Finding("settings", found))
    except OrderGuardError as error:
        findings.append(failed("settings", error))
    patient = Patient(installation, settings, environment)
    is_writable = folder.is_writable(data)
    for name, check in CHECKS.items():
        findings += _examined(name, check, patient, is_writable=is_writable)
    return findings


@click.command("doctor")
@data_option
@json_option
@click.pass_context
def command(context: click.Context, *, data: Path, as_json: bool) -> None:
    """Find what is wrong with an installation, and say how to mend each fault.

    Exit status 1 when there is a fault; a note is none. Safe beside a running server.
    """
    findings = diagnose(data, os.environ)
    is_well = all(finding.ok for finding in findings)
    if as_json:
        checks = [
            {
                "check": one.check,
                "ok": one.ok,
                "grade": one.grade,
                "found": one.found.en,
                "mend": one.mend.en if one.mend else "",
            }
            for one in findings
        ]
        print_json({"ok": is_well, "checks": checks})
    else:
        for one in findings:
            click.echo(f"{_WORDS[one.grade]:<7}{one.check:<12}{one.found.en}")
            if one.mend:
                click.echo(f"{'':{_INDENT}}{one.mend.en}")
    context.exit(0 if is_well else 1)


def _examined(name: str, check: Check, patient: Patient, *, is_writable: bool) -> list[Finding]:
    """A check that breaks off has told what it found before."""
    findings = []
    try:
        for finding in check(patient):
            findings.append(finding)  # noqa: PERF402 - What comes before a failure counts.
    except (StoreFailure, OSError) as error:
        if is_writable:
            findings.append(failed(name, error))
        else:
            # To read a store that was not closed, files are laid beside it.
            findings.append(note(name, *_NOT_LOOKED_AT))
    except OrderGuardError as error:
        findings.append(failed(name, error))
    return findings or [Finding(name, Bilingual("in order.", "正常。"))]
