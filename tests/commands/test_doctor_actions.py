"""What doctor says of the tables of actions, and of what playbooks ask for without one."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.chinese import check_chinese
from tests.commands.conftest import Command

from orderguard.cli import main
from orderguard.commands.doctor import diagnose
from orderguard.commands.doctor.finding import Grade

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the published test vector.
OWN = f'url = "https://erp.example.com/orderguard"\nsecret = "{SECRET}"'
TWILIO = """\
provider = "twilio"
key_id = "AC1"
key_secret = "s"
sender = "+15005550006"
templates = {confirm = "{link}"}
"""
MAIL = '[actions.notify.targets.team]\nkind = "email"'


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERGUARD_SERVER_PORT", "0")


def add(folder: Path, text: str, *, mode: str = "shadow") -> None:
    path = folder / "orderguard.toml"
    told = path.read_text().replace('mode = "shadow"', f'mode = "{mode}"')
    path.write_text(f"{told}\n{text}\n")


def said(folder: Path, grade: str) -> list[tuple[str, str]]:
    """(what was found, how to mend it) of this grade, of actions."""
    result = CliRunner().invoke(main, ("doctor", "--data", str(folder), "--json"))
    checks = json.loads(result.stdout)["checks"]
    return [
        (one["found"], one["mend"])
        for one in checks
        if (one["check"], one["grade"]) == ("actions", grade)
    ]


def test_a_new_installation_has_none_and_is_well(folder: Path) -> None:
    assert said(folder, "ok") == [("in order.", "")]


@pytest.mark.parametrize(
    ("text", "found", "mend"),
    [
        (f"[actions.lock_stok]\n{OWN}", "unknown action `lock_stok`", "lock_stock"),
        ('[actions.webhook]\nulr = "x"', "unknown setting `actions.webhook.ulr`", "url"),
        ("[actions.lock_stock]", "needs `url` and `secret`", "whsec_"),
        ('[actions.sms]\nprovider = "twilio"', "needs `key_id`, `key_secret`", "page"),
        (
            f'[actions.webhook]\nurl = "https://169.254.169.254/"\nsecret = "{SECRET}"',
            "169.254.169.254",
            "allowed_hosts",
        ),
        (
            f'[actions.webhook]\nurl = "http://shop.example.com/"\nsecret = "{SECRET}"',
            "without TLS",
            "https",
        ),
        (f'[actions.webhook]\nurl = "ftp://x"\nsecret = "{SECRET}"', "no address", "https://"),
        (f'[actions.webhook]\nurl = "https://a:0/"\nsecret = "{SECRET}"', "no port 0", "65535"),
        (f'[actions.webhook]\nurl = "https://a..b/"\nsecret = "{SECRET}"', "a..b", "Correct"),
        (f'[actions.webhook]\nurl = "https://0x7f/"\nsecret = "{SECRET}"', "0x7f", "name"),
        ('[actions.webhook]\nurl = "https://a.com/"', "needs `url` and `secret`", "whsec_"),
        ("[actions.sms]", "needs a `provider`", "aliyun, tencent"),
        (f'[actions.sms]\nendpoint = "http://x.com"\n{TWILIO}', "`endpoint`", "https://HOST"),
        ("[actions.notify]", "needs a target", "targets.NAME"),
        (f'{MAIL}\nurl = "mail.example.com"', "mail server", "smtps://HOST:465"),
        (f'{MAIL}\nurl = "smtps://mail.example.com"', "`sender` and `to`", "name@example.com"),
        ("[actions.meeting]", "a group or a mailbox", "[actions.meeting.group]"),
        ('[actions.meeting.mail]\nkind = "slack"\nurl = "x"', "of kind `email`", "invitations"),
    ],
)
def test_a_table_that_cannot_work_is_told_with_what_to_do(
    folder: Path, text: str, found: str, mend: str
) -> None:
    add(folder, text)
    ((what, how),) = said(folder, "fault")
    assert found in what
    assert mend in what + how
    assert SECRET not in what + how
    (told,) = (one for one in diagnose(folder, os.environ) if one.grade is Grade.FAULT)
    check_chinese(told.found)
    assert told.mend is not None
    check_chinese(told.mend)


def test_each_table_is_looked_at_by_itself(og: Command, folder: Path) -> None:
    add(folder, f"[actions.lock_stock]\n[actions.reserve_stock]\n{OWN}\n[actions.meeting]")
    faults = [what for what, _ in said(folder, "fault")]
    assert [what.split("]")[0] for what in faults] == ["[actions.lock_stock", "[actions.meeting"]
    assert said(folder, "ok") == [("Connected: reserve_stock.", "")]
    og("doctor", "--data", str(folder), status=1)


def test_a_package_that_is_not_installed_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(folder, f"[actions.sms]\n{TWILIO}")
    assert said(folder, "ok") == [("Connected: sms.", "")]
    for name in [one for one in sys.modules if one.startswith("orderguard.actions.sms.twilio")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [one for one in sys.modules if one.split(".")[0] == "twilio"]:
        monkeypatch.setitem(sys.modules, name, None)
    ((what, how),) = said(folder, "fault")
    assert "is not installed" in what
    assert "orderguard[sms-twilio]" in how


def test_steps_without_an_action_are_told_with_what_comes_instead(folder: Path) -> None:
    add(folder, f"[actions.lock_stock]\n{OWN}")
    assert said(folder, "note") == [], "who only watches needs none"
    add(folder, "", mode="live")
    notes = {
        what.partition(" is not connected")[0]: (what, how) for what, how in said(folder, "note")
    }
    assert "Playbook low: the step lock" not in notes
    what, how = notes["Playbook low: the step remark"]
    assert "it ends as not_connected, and then case is done" in what
    assert "[actions.remark_order]" in how
    what, _ = notes["Playbook high: the step hold"]
    assert "the rest goes on without it" in what
    assert not [name for name in notes if "step case" in name]
    assert "Playbook low: the step unlock" not in notes, "a lock is taken back by what placed it"
    assert "Playbook release_lock: the step unlock" in notes, "one that others placed is not"


def test_a_step_with_an_action_that_is_none_is_a_fault(folder: Path) -> None:
    path = folder / "library" / "playbooks" / "high.yaml"
    path.write_text(path.read_text().replace("action: meeting", "action: meting"))
    ((what, how),) = said(folder, "fault")
    assert "the step meeting asks for meting, which is none" in what
    assert "did you mean `meeting`?" in how
