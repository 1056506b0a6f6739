"""What every channel must do, with what it brings in its own folder: fixtures and a signer."""

import importlib
import json
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from orderguard.domain.events import OrderData
from orderguard.domain.orders import Order
from orderguard.domain.ports import Channel, Parsed, RawMessage, ShopConfig
from orderguard.domain.record import decode, encode_event
from orderguard.domain.wire import ORDER_MEMBERS
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.flows.protect import protect
from orderguard.kit.sealing import Keyring

NOW_MS = 1_794_355_210_000
BODIES = MUTATIONS = 10_000 if os.environ.get("ORDERGUARD_PROVE") else 500
ID_LENGTH_MAX = 128
ODD: list[Any] = [
    *(None, True, -1, 0, 1e308, -0.0, 10**30, "", "\x00", "\ud800", "x" * 5000, [], {}, [[]]),
    *({"a": 1}, "NaN", "-1e999", "1e9999999", "１２", "0x10", "999.00 ", 1795000000, "\u202e"),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00+08:00"),
    *("2026-11-11T00:00:00", "2026-11-11T24:61:61+99:99", "2026-11-11T23:59:60Z"),
]
KEYRING = Keyring.for_replay()


class Bench:
    """A channel, with a shop of it, another with other secrets, and what its folder brings."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        package = importlib.import_module(f"orderguard.channels.{channel.name}")
        self.signer = importlib.import_module(f"orderguard.channels.{channel.name}.signer")
        self.shop: ShopConfig = self.signer.shop(1)
        self.other: ShopConfig = self.signer.shop(2)
        assert package.__file__
        self.folder = Path(package.__file__).parent

    def fixtures(self) -> Iterator[RawMessage]:
        for path in sorted((self.folder / "fixtures").glob("*.http")):
            yield read_call(path)

    def signed(self, call: RawMessage, body: bytes | None = None) -> RawMessage:
        """As the platform sends it; `body` in place of the call's, encrypted if that is the way."""
        changed = call if body is None else msgspec.structs.replace(call, body=body)
        signed: RawMessage = self.signer.signed(changed, self.shop, NOW_MS)
        return signed

    def span(self, body: bytes) -> range:
        """The places of the body that the signature covers."""
        whole: range = getattr(self.signer, "signed_span", lambda body: range(len(body)))(body)
        return whole

    def take(self, message: RawMessage) -> tuple[Parsed, ...]:
        self.channel.verify(message, self.shop, NOW_MS)
        return self.channel.parse(message, self.shop)

    def record(self, parsed: Parsed) -> None:
        """What is taken in can be written and read again: nothing in the log may be unreadable."""
        event = protect(
            parsed.event, channel=self.shop.channel, shop="demo", received_ms=NOW_MS, tokens=KEYRING
        )
        again = decode(encode_event(event, parsed.raw, KEYRING))
        assert msgspec.json.encode(again) == msgspec.json.encode(_in_utc(event))


def _in_utc(event: Any) -> Any:
    """A record keeps a datetime's instant, not its offset."""
    packed = msgspec.msgpack.encode(event.data)
    data = msgspec.msgpack.decode(packed, type=type(event.data))
    return msgspec.structs.replace(event, data=data)


def read_call(path: Path) -> RawMessage:
    """A fixture is a call: header lines, an empty line, the body.

    Its first line may be `POST path?query`, with the path that follows the shop's.
    """
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = head.decode("latin-1").splitlines()
    target = ""
    if lines and lines[0].startswith("POST "):
        target = lines.pop(0).removeprefix("POST ")
    below, _, query = target.partition("?")
    headers = dict(line.split(": ", 1) for line in lines)
    return RawMessage(headers, query, body, path=below)


class ChannelContract:
    """Inherited unedited; the fixture `bench` gives the channel."""

    @pytest.fixture
    def bench(self) -> Bench:
        raise NotImplementedError

    def test_its_fixtures_are_taken_in(self, bench: Bench) -> None:
        parsed = [one for call in bench.fixtures() for one in bench.take(bench.signed(call))]
        assert parsed
        for one in parsed:
            assert 1 <= len(one.event.id) <= ID_LENGTH_MAX
            bench.record(one)

    def test_parsing_again_gives_the_same(self, bench: Bench) -> None:
        for call in bench.fixtures():
            assert bench.take(bench.signed(call)) == bench.take(bench.signed(call))

    def test_it_tells_what_it_says_it_supplies(self, bench: Bench) -> None:
        assert bench.channel.supplies <= ORDER_MEMBERS
        for call in bench.fixtures():
            for one in bench.take(bench.signed(call)):
                order = getattr(one.event.data, "order", None)
                assert not isinstance(order, Order) or told(order) <= bench.channel.supplies

    def test_a_changed_body_is_refused(self, bench: Bench) -> None:
        calls = [message for call in bench.fixtures() if (message := bench.signed(call)).body]
        rng = random.Random(2)
        for _ in range(MUTATIONS):
            message = rng.choice(calls)
            changed = bytearray(message.body)
            changed[rng.choice(bench.span(message.body))] ^= 1 << rng.randrange(8)
            with pytest.raises(SignatureMismatch):
                bench.take(msgspec.structs.replace(message, body=bytes(changed)))

    def test_a_changed_header_is_refused(self, bench: Bench) -> None:
        message = bench.signed(next(bench.fixtures()))
        rng = random.Random(3)
        names: Sequence[str] = bench.signer.SIGNED_HEADERS
        for _ in range(MUTATIONS if names else 0):
            name = rng.choice(names)
            headers = {**message.headers, name: mutated(rng, message.headers[name])}
            with pytest.raises(SignatureMismatch):
                bench.take(msgspec.structs.replace(message, headers=headers))

    def test_a_changed_parameter_is_refused(self, bench: Bench) -> None:
        message = bench.signed(next(bench.fixtures()))
        rng = random.Random(4)
        names: Sequence[str] = bench.signer.SIGNED_PARAMETERS
        given = dict(parse_qsl(message.query, keep_blank_values=True))
        for _ in range(MUTATIONS if names else 0):
            name = rng.choice(names)
            query = urlencode({**given, name: mutated(rng, given[name])})
            with pytest.raises(SignatureMismatch):
                bench.take(msgspec.structs.replace(message, query=query))

    def test_something_is_signed(self, bench: Bench) -> None:
        assert bench.signer.SIGNED_HEADERS or bench.signer.SIGNED_PARAMETERS
        for call in bench.fixtures():
            message = bench.signed(call)
            assert not message.body or len(bench.span(message.body)) > len(message.body) // 2

    def test_without_a_part_or_the_right_secret_it_is_refused(self, bench: Bench) -> None:
        message = bench.signed(next(bench.fixtures()))
        for name in bench.signer.SIGNED_HEADERS:
            rest = {other: value for other, value in message.headers.items() if other != name}
            with pytest.raises(SignatureMismatch):
                bench.take(msgspec.structs.replace(message, headers=rest))
        given = dict(parse_qsl(message.query, keep_blank_values=True))
        for name in bench.signer.SIGNED_PARAMETERS:
            query = urlencode({other: value for other, value in given.items() if other != name})
            with pytest.raises(SignatureMismatch):
                bench.take(msgspec.structs.replace(message, query=query))
        for secrets in ((), ("",), bench.other.secrets):
            shop = msgspec.structs.replace(bench.shop, secrets=secrets)
            with pytest.raises(SignatureMismatch) as caught:
                bench.channel.verify(message, shop, NOW_MS)
            assert caught.value.fault is SignatureFault.WRONG

    def test_the_former_secret_is_taken_during_a_rotation(self, bench: Bench) -> None:
        assert bench.other.secrets != bench.shop.secrets
        both = (*bench.other.secrets, *bench.shop.secrets)
        shop = msgspec.structs.replace(bench.shop, secrets=both)
        message = bench.signed(next(bench.fixtures()))
        bench.channel.verify(message, shop, NOW_MS)
        assert bench.channel.parse(message, shop) == bench.channel.parse(message, bench.shop)

    def test_its_settings_are_those_of_its_shops(self, bench: Bench) -> None:
        """What tests connect is what `shop add` asks for."""
        known = {setting.name for setting in bench.channel.settings}
        required = {
            setting.name
            for setting in bench.channel.settings
            if setting.is_required and not setting.signs and not setting.default
        }
        for shop in (bench.shop, bench.other):
            assert required <= shop.settings.keys() <= known
            assert bench.channel.fault(shop) is None
        assert sum(setting.signs for setting in bench.channel.settings) <= 1
        for setting in bench.channel.settings:
            assert setting.title.keys() == setting.help.keys() == {"zh", "en"}

    def test_its_tokens_are_members_that_it_supplies(self, bench: Bench) -> None:
        assert bench.channel.tokens.keys() <= bench.channel.supplies

    def test_what_it_keeps_can_be_read_again(self, bench: Bench) -> None:
        """The sealed bytes tell the buyer's telephone when a message is to be sent."""
        for call in bench.fixtures():
            for one in bench.take(bench.signed(call)):
                if not isinstance(one.event.data, OrderData):
                    continue
                again = [other.event.data for other in bench.channel.reread(one.raw, bench.shop)]
                assert one.event.data in again

    def test_a_refusal_keeps_its_status(self, bench: Bench) -> None:
        for status in (400, 401, 404, 405, 413, 503):
            answer = bench.channel.refuse(status, "a reason")
            assert answer is None or answer.status == status

    def test_a_get_is_answered_or_refused(self, bench: Bench) -> None:
        assert bench.channel.greets == hasattr(bench.signer, "greeting")
        if not bench.channel.greets:
            return  # The intake refuses every GET: test_webhooks.
        message, hears = bench.signer.greeting(bench.shop, NOW_MS)
        bench.channel.verify(message, bench.shop, NOW_MS)
        assert bench.channel.greet(message, bench.shop).body == hears
        rng = random.Random(5)
        given = dict(parse_qsl(message.query))
        for _ in range(MUTATIONS // 10):
            name = rng.choice(bench.signer.SIGNED_GREETING)
            query = urlencode({**given, name: mutated(rng, given[name])})
            changed = msgspec.structs.replace(message, query=query)
            with pytest.raises(SignatureMismatch):
                bench.channel.verify(changed, bench.shop, NOW_MS)

    def test_hostile_bodies_are_malformed_or_events(self, bench: Bench) -> None:
        rng = random.Random(1)
        calls = list(bench.fixtures())
        for _ in range(BODIES):
            call = rng.choice(calls)
            message = bench.signed(call, hostile(rng, call.body))
            try:
                for one in bench.take(message):
                    assert len(one.event.id) <= ID_LENGTH_MAX
                    bench.record(one)
            except MalformedMessage:
                continue

    @pytest.mark.parametrize("depth", [65, 200, 5_000, 200_000])
    def test_deep_nesting_is_malformed(self, bench: Bench, depth: int) -> None:
        call = next(bench.fixtures())
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")):
            nested = opening * depth + b"1" + closing * depth
            for body in (nested, b'{"x":' + nested + b"," + call.body.lstrip()[1:]):
                with pytest.raises(MalformedMessage):
                    bench.take(bench.signed(call, body))

    @pytest.mark.parametrize("accepted", [0, 1, 500])
    def test_its_acknowledgement_is_a_success(self, bench: Bench, accepted: int) -> None:
        answer = bench.channel.acknowledge(accepted, 1)
        assert 200 <= answer.status < 300
        if answer.content_type == "application/json":
            json.loads(answer.body)


def mutated(rng: random.Random, value: str) -> str:
    """Another value: a character changed, or dropped."""
    place = rng.randrange(len(value))
    if rng.randrange(8) == 0:
        return value[:place] + value[place + 1 :]
    other = chr(rng.randrange(0x21, 0x7F))
    while other == value[place]:
        other = chr(rng.randrange(0x21, 0x7F))
    return value[:place] + other + value[place + 1 :]


def told(order: Order) -> set[str]:
    """The members that have a value."""
    found: set[str] = set()

    def walk(value: Any, prefix: str) -> None:
        if isinstance(value, list):
            for element in value:
                walk(element, prefix)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if inner is not None:
                    found.add(f"{prefix}{name}")
                    walk(inner, f"{prefix}{name}.")

    walk(msgspec.to_builtins(order), "")
    return found


def hostile(rng: random.Random, body: bytes) -> bytes:
    """A body as no sender means it."""
    kind = rng.randrange(6)
    if kind == 0:
        return body[: rng.randrange(len(body))]
    if kind == 1:
        return rng.randbytes(rng.randrange(200))
    if kind == 2:
        changed = bytearray(body)
        for _ in range(rng.choice([1, 2, 8])):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        return bytes(changed)
    try:
        document = json.loads(body)
    except ValueError:
        return body[::-1]
    places = list(_places(document))
    if not places:
        return json.dumps(rng.choice(ODD)).encode()
    node, key = rng.choice(places)
    if kind == 3 and isinstance(node, dict):
        del node[key]
    else:
        node[key] = rng.choice(ODD)
    return json.dumps(document).encode()


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield node, key
            yield from _places(value)
