import datetime as dt
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.commands.conftest import Command

from orderguard.app import Installation
from orderguard.domain.entries import ListChanged, ListKind, ListName, Note
from orderguard.domain.events import CanonicalEvent, EventType, OrderData, Traits
from orderguard.domain.orders import Buyer, Device, Order, ShipTo
from orderguard.flows.lists import listed_value
from orderguard.flows.protect import protect
from orderguard.kit.sealing import Keyring

KEYS = Keyring.for_replay()


def listing(og: Command, folder: Path) -> list[dict[str, Any]]:
    said = og("list", "show", "--json", "--data", str(folder)).stdout
    items: list[dict[str, Any]] = json.loads(said)["items"]
    return items


def mail(folder: Path) -> list[Note]:
    with closing(Installation(folder).open_control()) as control:
        return [note for _, note in control.waiting(100)]


def traits(buyer: Buyer | None = None, ship_to: ShipTo | None = None) -> Traits:
    order = Order(order_id="1", buyer=buyer, ship_to=ship_to)
    event = CanonicalEvent(
        id="e1",
        type=EventType.ORDER_CREATED,
        type_name="order.created",
        occurred_at=dt.datetime(2026, 11, 11, tzinfo=dt.UTC),
        data=OrderData(order=order),
    )
    return protect(event, channel="c", shop="s", received_ms=0, tokens=KEYS).traits


def value(kind: ListKind, text: str) -> str:
    return listed_value(kind, text, KEYS).value


def test_what_is_added_is_shown_at_once_and_waits_for_the_server(og: Command, folder: Path) -> None:
    data = ("--data", str(folder))
    og("list", "add", "allow", "device", "dev-family", "--reason", "one tablet at home", *data)
    (shown,) = listing(og, folder)
    assert shown["listed_at"]
    assert {**shown, "listed_at": ""} == {
        "list": "allow",
        "kind": "device",
        "value": "dev-family",
        "shown": "dev-family",
        "reason": "one tablet at home",
        "until": None,
        "listed_at": "",
    }
    assert "one tablet at home" in og("list", "show", *data).stdout
    assert mail(folder) == [
        ListChanged(
            received_ms=0,
            by="command line",
            name=ListName.ALLOW,
            kind=ListKind.DEVICE,
            value="dev-family",
            reason="one tablet at home",
            shown="dev-family",
        )
    ]


def test_what_is_removed_is_gone_at_once_and_the_server_hears_of_both(
    og: Command, folder: Path
) -> None:
    for change in ("add", "remove", "add"):
        og("list", change, "block", "payer", "acc-1", "--data", str(folder))
    assert [note.on for note in mail(folder) if isinstance(note, ListChanged)] == [
        True,
        False,
        True,
    ]
    assert len(listing(og, folder)) == 1


def test_what_is_not_listed_cannot_be_removed(og: Command, folder: Path) -> None:
    og("list", "add", "block", "device", "d1", "--data", str(folder))
    for words in (("allow", "device", "d1"), ("block", "payer", "d1"), ("block", "device", "d2")):
        told = og("list", "remove", *words, "--data", str(folder), status=2).stderr
        assert f"{words[1]} {words[2]} is not on the {words[0]} list" in told
    assert len(mail(folder)) == 1


def test_adding_again_changes_the_reason_and_the_end(og: Command, folder: Path) -> None:
    add = ("list", "add", "watch", "buyer", "b1", "--data", str(folder))
    og(*add, "--reason", "first", "--until", "2199-01-01T00:00:00Z")
    assert listing(og, folder)[0]["until"] == "2199-01-01T08:00:00.000+08:00"
    og(*add, "--reason", "second")
    assert [(one["reason"], one["until"]) for one in listing(og, folder)] == [("second", None)]


def test_a_phone_is_shown_masked_and_stands_nowhere(og: Command, folder: Path) -> None:
    og("list", "add", "block", "phone", "+86 138 1234 5678", "--data", str(folder))
    (shown,) = listing(og, folder)
    assert shown["shown"] == "138****5678"
    written = b"".join(path.read_bytes() for path in folder.glob("control.db*"))
    assert b"12345678" not in written
    assert b"1234 5678" not in written
    keyring = Installation(folder).keyring()
    assert shown["value"] == keyring.token("phone", "13812345678")
    og("list", "remove", "block", "phone", shown["value"], "--data", str(folder))
    assert listing(og, folder) == []


def test_what_begins_with_a_dash_is_no_option(og: Command, folder: Path) -> None:
    og("list", "add", "--data", str(folder), "--", "block", "device", "-Ab9")
    og("list", "remove", "block", "device", "-Ab9", "--data", str(folder))
    assert listing(og, folder) == []


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("phone", "138****5678", "Some digits of the phone are hidden."),
        ("email", "nobody", "Not an e-mail address"),
        ("email", "a***@example.com", "Not an e-mail address"),
        ("ip", "1.2.3", "Not an IP address"),
        ("ip", "1.2.3.0/25", "is not a segment"),
        ("ip", "1.2.3.4/24", "Not an IP address"),
        ("ip", "2001:db8::/64", "is not a segment"),
        ("address", "杭州市/西湖区/", "Not an address"),
        ("address", "杭州市/西湖区/文三路***", "Not an address"),
        ("device", " ", "Not a device"),
        ("device", "a\nb", "Not a device"),
        ("device", "d" * 513, "Write 1 to 512 characters"),
        ("colour", "red", "'colour' is not one of"),
    ],
)
def test_what_no_order_can_equal_is_refused(
    og: Command, folder: Path, kind: str, text: str, told: str
) -> None:
    assert told in og("list", "add", "block", kind, text, "--data", str(folder), status=2).stderr
    assert mail(folder) == []


@pytest.mark.parametrize("until", ["tomorrow", "2199-01-01T00:00:00", "2020-01-01T00:00:00Z"])
def test_an_end_must_be_an_instant_to_come(og: Command, folder: Path, until: str) -> None:
    add = ("list", "add", "block", "device", "d", "--data", str(folder))
    assert "--until" in og(*add, "--until", until, status=2).stderr


@pytest.mark.parametrize("text", ["13812345678", "138 1234 5678", "0086-138-1234-5678"])
def test_a_phone_equals_that_of_an_order(text: str) -> None:
    assert value(ListKind.PHONE, text) == traits(Buyer(phone="+8613812345678")).phone_token


def test_a_channels_own_token_of_a_phone_stands_for_itself() -> None:
    own = "hash:0a1b2c"
    assert value(ListKind.PHONE, own) == traits(Buyer(phone_token=own)).phone_token


def test_an_email_equals_that_of_an_order_and_is_masked() -> None:
    typed = listed_value(ListKind.EMAIL, " Li.Lei@Example.com ", KEYS)
    assert typed.value == traits(Buyer(email="li.lei@example.com")).email_token
    assert typed.shown == "L***@Example.com"


@pytest.mark.parametrize(
    ("text", "ship_to"),
    [
        (
            "杭州市/西湖区/文三路 18号",
            ShipTo(province="浙江省", city="杭州", district="西湖区", street="文三路18号"),
        ),
        ("London//10 Downing Street", ShipTo(city="London", street="10 downing st.")),
        ("10 Downing Street", ShipTo(country="GB", street="10 downing st.")),
        ("31.15, 121.39", ShipTo(city="上海市", lat=31.15, lng=121.39)),
        ("-33.8688,151.2093", ShipTo(lat=-33.86881, lng=151.20932)),
        ("adr:77", ShipTo(address_token="adr:77")),  # noqa: S106 - an address, no password.
    ],
)
def test_an_address_equals_that_of_an_order(text: str, ship_to: ShipTo) -> None:
    doorstep = traits(ship_to=ship_to).doorstep
    assert value(ListKind.ADDRESS, text) == doorstep
    assert doorstep is not None
    assert value(ListKind.ADDRESS, doorstep) == doorstep, "as an alert names it"


def test_a_street_is_shown_in_part() -> None:
    typed = listed_value(ListKind.ADDRESS, "杭州市/西湖区/文三路18号", KEYS)
    assert typed.shown == "杭州市/西湖区/文三***"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8:0::/48", "2001:db8::/48"),
    ],
)
def test_an_address_of_the_internet_is_written_in_one_way(text: str, kept: str) -> None:
    assert value(ListKind.IP, text) == kept


def test_a_segment_is_written_as_events_carry_it() -> None:
    for ip in ("203.0.113.7", "2001:db8:1:2::3"):
        order = Order(order_id="1", device=Device(ip=ip))
        event = CanonicalEvent(
            id="e",
            type=EventType.ORDER_CREATED,
            type_name="order.created",
            occurred_at=dt.datetime(2026, 11, 11, tzinfo=dt.UTC),
            data=OrderData(order=order),
        )
        found = protect(event, channel="c", shop="s", received_ms=0, tokens=KEYS).traits.network
        assert found is not None
        assert value(ListKind.IP, found) == found
