import json
from contextlib import closing
from pathlib import Path

import pytest
from tests.commands.conftest import Command

from orderguard.app import Installation
from orderguard.domain.accounts import Role
from orderguard.errors import NameTaken
from orderguard.kit.clock import ManualClock
from orderguard.kit.sealing import Keyring
from orderguard.stores.sqlite.accounts import LINK_LIVES_MS, SESSION_LIVES_MS, Accounts
from orderguard.stores.sqlite.control import Control


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_800_000_000_000)


@pytest.fixture
def accounts(tmp_path: Path, clock: ManualClock) -> Accounts:
    return Control(tmp_path / "control.db", Keyring.for_replay(), clock=clock).accounts


def add_token(og: Command, folder: Path, name: str, role: str = "risk") -> str:
    said = og("token", "add", name, "--role", role, "--data", str(folder), "--json").stdout
    document = json.loads(said)
    assert list(document) == ["token"]
    token: str = document["token"]
    return token


def test_a_token_comes_in_with_its_role_until_it_is_revoked(og: Command, folder: Path) -> None:
    token = add_token(og, folder, "shop-front", "service")
    with closing(Installation(folder).open_control()) as control:
        account = control.accounts.token_role(token)
        assert account is not None
        assert (account.name, account.role) == ("shop-front", "service")
        assert control.accounts.token_role(token[:-1]) is None
        assert control.accounts.token_role("\ud800") is None
        og("token", "revoke", "shop-front", "--data", str(folder))
        assert control.accounts.token_role(token) is None


def test_a_token_is_printed_once_and_kept_nowhere(og: Command, folder: Path) -> None:
    token = og("token", "add", "a", "--role", "admin", "--data", str(folder)).stdout.strip()
    assert token.startswith("og_")
    assert token not in og("token", "list", "--data", str(folder)).stdout
    assert all(token.encode() not in path.read_bytes() for path in folder.glob("control.db*"))


def test_one_of_several_tokens_of_a_name_can_be_revoked(og: Command, folder: Path) -> None:
    first, second = add_token(og, folder, "jobs"), add_token(og, folder, "jobs", "admin")
    said = json.loads(og("token", "list", "--data", str(folder), "--json").stdout)["items"]
    ids = {one["role"]: one["id"] for one in said}
    og("token", "revoke", ids["risk"], "--data", str(folder))
    with closing(Installation(folder).open_control()) as control:
        assert control.accounts.token_role(first) is None
        assert control.accounts.token_role(second) is not None


def test_an_unknown_token_or_role_is_refused(og: Command, folder: Path) -> None:
    told = og("token", "revoke", "nobody", "--data", str(folder), status=2).stderr
    assert "No token has the name or id nobody" in told
    for what in ("token", "user"):
        told = og(what, "add", "a", "--role", "boss", "--data", str(folder), status=2).stderr
        assert all(role in told for role in Role)


def test_a_user_comes_in_by_the_password_from_input(og: Command, folder: Path) -> None:
    add = ("user", "add", "李雷", "--role", "analyst", "--data", str(folder))
    said = og(*add, "--password-stdin", stdin="correct horse\n").stdout
    assert "correct" not in said
    with closing(Installation(folder).open_control()) as control:
        account = control.accounts.check_password("李雷", "correct horse")
        assert account is not None
        assert (account.name, account.role) == ("李雷", "analyst")
        assert control.accounts.check_password("李雷", "correct horse ") is None
        assert control.accounts.check_password("nobody", "correct horse") is None
    told = og(*add, "--password-stdin", stdin="correct horse\n", status=2).stderr
    assert "There is a user 李雷 already" in told


def test_a_user_without_a_password_is_given_one(og: Command, folder: Path) -> None:
    said = og("user", "add", "han", "--role", "admin", "--data", str(folder)).stdout
    password = said.split("Password: ")[1].strip()
    with closing(Installation(folder).open_control()) as control:
        assert control.accounts.check_password("han", password) is not None


def test_a_short_password_is_refused(og: Command, folder: Path) -> None:
    add = ("user", "add", "a", "--role", "risk", "--data", str(folder), "--password-stdin")
    assert "has 5 characters" in og(*add, stdin="short\n", status=2).stderr
    assert "has 0 characters" in og(*add, status=2).stderr
    assert "not UTF-8" in og(*add, stdin=b"\xff\xfe\xfd long enough\n", status=2).stderr


def test_equal_passwords_have_unequal_hashes(accounts: Accounts, tmp_path: Path) -> None:
    accounts.user_add("a", Role.RISK, "the same one")
    accounts.user_add("b", Role.RISK, "the same one")
    with pytest.raises(NameTaken):
        accounts.user_add("b", Role.ADMIN, "another one")
    written = b"".join(path.read_bytes() for path in tmp_path.glob("control.db*"))
    assert b"the same one" not in written
    assert accounts.check_password("a", "the same one") is not None


def test_a_link_signs_in_once(accounts: Accounts) -> None:
    link = accounts.link_add("first", Role.ADMIN)
    session = accounts.sign_in(link)
    assert session is not None
    account = accounts.session_account(session)
    assert account is not None
    assert (account.name, account.role) == ("first", "admin")
    assert accounts.sign_in(link) is None
    assert accounts.session_account(link) is None


def test_links_and_sessions_end_by_themselves(accounts: Accounts, clock: ManualClock) -> None:
    stale = accounts.link_add("a", Role.RISK)
    clock.advance(LINK_LIVES_MS)
    assert accounts.sign_in(stale) is None
    session = accounts.sign_in(accounts.link_add("a", Role.RISK))
    assert session is not None
    clock.advance(SESSION_LIVES_MS - 1)
    assert accounts.session_account(session) is not None
    clock.advance(1)
    assert accounts.session_account(session) is None


def test_signing_out_ends_a_session(accounts: Accounts) -> None:
    session = accounts.sign_in(accounts.link_add("a", Role.RISK))
    assert session is not None
    accounts.sign_out(session)
    accounts.sign_out(session)
    assert accounts.session_account(session) is None
