import datetime as dt
from pathlib import Path

import msgspec
import pytest

from orderguard.domain import record
from orderguard.domain.entries import (
    CampaignChanged,
    CaseDisposed,
    Disposition,
    Entry,
    LabelKind,
    LabelRecorded,
    LibraryPublished,
    ListChanged,
    ListKind,
    ListName,
    Note,
    RelationChanged,
    ResponseReceipt,
    SnoozeSet,
)
from orderguard.domain.events import (
    DATA_TYPES,
    EventType,
    InventoryData,
    OrderData,
    OrderEvent,
    Traits,
    UnknownData,
)
from orderguard.domain.orders import Buyer, Coupon, Line, Order, OrderKey, OrderStatus
from orderguard.errors import DamagedRecord, KeyErased, UnknownRecord
from orderguard.kit.sealing import Keyring

KEYRING = Keyring.for_replay()
RAW = '{"id": "evt_1", "name": "张三"}'.encode()
CHINA = dt.timezone(dt.timedelta(hours=8))

PAID = OrderEvent(
    id="evt_1",
    type=EventType.ORDER_PAID,
    type_name="order.paid",
    channel="standard",
    shop="demo",
    occurred_ms=1_794_326_407_120,
    received_ms=1_794_326_407_480,
    clamped=True,
    data=OrderData(
        order=Order(
            order_id="202611110001",
            status=OrderStatus.PAID,
            paid_at=dt.datetime(2026, 11, 11, 0, 0, 7, 120_001, tzinfo=CHINA),
            buyer=Buyer(id="b1"),
            lines=(Line(sku="SKU-1", title="双十一 😀", quantity=2, unit_price="499.50"),),
            amount="999.00",
            currency="CNY",
            coupons=(Coupon(id="c1", amount="1.00"),),
        )
    ),
    traits=Traits(phone_token="t" * 22, phone_is_virtual=False, place=(30.259, 120.13)),
)
NOTES: list[Note] = [
    LibraryPublished(received_ms=1, by="a", version="v1", preset="standard", files={"a": "b"}),
    ListChanged(received_ms=2, name=ListName.BLOCK, kind=ListKind.IP, value="1.2.3.4", on=False),
    RelationChanged(received_ms=3, relation_id="r", channel="c", shop="s", buyers=("x", "y")),
    CampaignChanged(
        received_ms=4,
        campaign_id="11.11",
        channel="c",
        shop="s",
        starts_ms=1,
        ends_ms=2,
        orders_per_minute={"p": 1.5},
    ),
    LabelRecorded(received_ms=5, order=OrderKey("c", "s", "o"), label=LabelKind.BAD, source="rma"),
    CaseDisposed(received_ms=6, case_id="k", alert_ids=("a",), disposition=Disposition.CONFIRMED),
    ResponseReceipt(received_ms=7, alert_id="a", step="hold", outcome="done"),
    SnoozeSet(received_ms=8, rule="a.b", subject_type="buyer", subject_key="b", until_ms=9),
]

GOLDEN = Path(__file__).parent / "fixtures" / "records_format_1.hex"
"""One record a line, written when the format was fixed: PAID, then NOTES. Never to be made anew."""


def golden() -> list[bytes]:
    return [bytes.fromhex(line) for line in GOLDEN.read_text(encoding="ascii").splitlines()]


@pytest.mark.parametrize(("place", "entry"), list(enumerate([PAID, *NOTES])))
def test_records_of_format_1_are_read_for_ever(place: int, entry: Entry) -> None:
    assert record.decode(golden()[place]) == entry


def test_raw_bytes_of_format_1_are_read_for_ever() -> None:
    assert record.raw_of(golden()[0], KEYRING) == RAW
    assert record.raw_of(golden()[1], KEYRING) == b""


def test_every_member_of_an_event_comes_back() -> None:
    defaults = msgspec.structs.fields(OrderEvent)
    assert all(getattr(PAID, field.name) != field.default for field in defaults)
    assert record.decode(record.encode_event(PAID, RAW, KEYRING)) == PAID


@pytest.mark.parametrize("note", NOTES)
def test_notes_come_back(note: Note) -> None:
    assert record.decode(record.encode_note(note)) == note


def test_data_comes_back_as_its_own_type() -> None:
    for kind, data in {
        EventType.INVENTORY_CHANGED: InventoryData(sku="s", available=-1),
        EventType.UNKNOWN: UnknownData(),
    }.items():
        event = msgspec.structs.replace(PAID, type=kind, data=data)
        decoded = record.decode(record.encode_event(event, RAW, KEYRING))
        assert isinstance(decoded, OrderEvent)
        assert type(decoded.data) is DATA_TYPES[kind]
        assert decoded == event


def test_the_raw_bytes_are_not_in_the_open() -> None:
    sealed = record.encode_event(PAID, RAW, KEYRING)
    assert "张三".encode() not in sealed
    assert record.raw_of(sealed, KEYRING) == RAW


def test_an_erased_key_leaves_the_open_part() -> None:
    sealed = record.encode_event(PAID, RAW, KEYRING)
    later = Keyring(active=5, data_keys={5: b"5" * 32}, token_key=KEYRING.token_key)
    assert record.decode(sealed) == PAID
    with pytest.raises(KeyErased):
        record.raw_of(sealed, later)


def test_raw_bytes_cannot_be_moved_to_another_event() -> None:
    first = record.encode_event(PAID, RAW, KEYRING)
    other = record.encode_event(msgspec.structs.replace(PAID, id="evt_2"), RAW, KEYRING)
    sealed_bytes = 12 + len(RAW) + 16
    with pytest.raises(DamagedRecord):
        record.raw_of(other[:-sealed_bytes] + first[-sealed_bytes:], KEYRING)


def rewritten(open_part: dict[str, object], kind: int) -> bytes:
    encoded = msgspec.msgpack.encode(open_part)
    return bytes([1, kind]) + bytes(4) + len(encoded).to_bytes(4, "big") + encoded


def test_members_of_the_future_are_passed_over() -> None:
    event = msgspec.to_builtins(PAID, builtin_types=(dt.datetime,))
    event["new"] = event["data"]["new"] = event["data"]["order"]["new"] = {"a": [1]}
    event["traits"]["new"] = 1
    assert record.decode(rewritten(event, record.KIND_EVENT)) == PAID
    note = {**msgspec.to_builtins(NOTES[-1]), "new": 1}
    assert record.decode(rewritten(note, record.KIND_NOTE)) == NOTES[-1]


def test_types_of_the_future_are_refused_by_name() -> None:
    event = msgspec.to_builtins(PAID, builtin_types=(dt.datetime,))
    with pytest.raises(UnknownRecord, match=r"order\.teleported"):
        record.decode(rewritten({**event, "type": "order.teleported"}, record.KIND_EVENT))
    with pytest.raises(UnknownRecord, match=r"moon\.landed"):
        record.decode(rewritten({"entry": "moon.landed", "received_ms": 1}, record.KIND_NOTE))


@pytest.mark.parametrize("head", [b"\x02\x01", b"\x00\x01", b"\x01\x03"])
def test_formats_and_kinds_of_the_future_are_refused_by_name(head: bytes) -> None:
    changed = head + golden()[0][2:]
    with pytest.raises(UnknownRecord):
        record.decode(changed)
    with pytest.raises(UnknownRecord):
        record.raw_of(changed, KEYRING)


def test_a_record_cut_short_is_refused_by_name() -> None:
    whole = golden()[1]
    for length in range(len(whole)):
        with pytest.raises(DamagedRecord):
            record.decode(whole[:length])
    sealed = golden()[0]
    with pytest.raises(DamagedRecord):
        record.raw_of(sealed[:-1], KEYRING)
