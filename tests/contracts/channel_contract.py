"""What every channel must do, with what it brings in its own folder: fixtures and a signer."""

import importlib
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderguard.domain.orders import Order
from orderguard.domain.ports import Channel, Parsed, RawMessage, ShopConfig
from orderguard.domain.record import decode, encode_event
from orderguard.domain.wire import ORDER_MEMBERS
from orderguard.errors import MalformedMessage, SignatureFault, SignatureMismatch
from orderguard.flows.protect import protect
from orderguard.kit.sealing import Keyring

NOW_MS = 1_794_355_210_000
BODIES = 10_000 if os.environ.get("ORDERGUARD_PROVE") else 500
ID_LENGTH_MAX = 128
ODD: list[Any] = [
    *(None, True, -1, 0, 1e308, -0.0, 10**30, "", "\x00", "\ud800", "x" * 5000, [], {}, [[]]),
    *({"a": 1}, "NaN", "-1e999", "1e9999999", "１２", "0x10", "999.00 ", 1795000000, "\u202e"),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00+08:00"),
    *("2026-11-11T00:00:00", "2026-11-11T24:61:61+99:99", "2026-11-11T23:59:60Z"),
]
KEYRING = Keyring.for_replay()


class Bench:
    """A channel, with a shop of it and what its folder brings."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.secret = channel.new_secret()
        self.shop = ShopConfig(channel=channel.name, shop="demo", secrets=(self.secret,))
        package = importlib.import_module(f"orderguard.channels.{channel.name}")
        signer = importlib.import_module(f"orderguard.channels.{channel.name}.signer")
        self.sign: Callable[[bytes, str, int], dict[str, str]] = signer.sign
        assert package.__file__
        self.folder = Path(package.__file__).parent

    def fixtures(self) -> Iterator[RawMessage]:
        for path in sorted((self.folder / "fixtures").glob("*.http")):
            yield read_call(path)

    def signed(self, call: RawMessage, body: bytes | None = None) -> RawMessage:
        body = call.body if body is None else body
        headers = {**call.headers, **self.sign(body, self.secret, NOW_MS)}
        return RawMessage(headers, call.query, body)

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
    """A fixture is a call: header lines, an empty line, the body."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = head.decode("latin-1").splitlines()
    return RawMessage(dict(line.split(": ", 1) for line in lines), "", body)


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
        calls = [call for call in bench.fixtures() if call.body]

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def check(data: st.DataObject) -> None:
            message = bench.signed(data.draw(st.sampled_from(calls)))
            changed = bytearray(message.body)
            place = data.draw(st.integers(0, len(changed) - 1))
            changed[place] ^= 1 << data.draw(st.integers(0, 7))
            with pytest.raises(SignatureMismatch):
                bench.take(RawMessage(message.headers, message.query, bytes(changed)))

        check()

    def test_a_changed_header_is_refused(self, bench: Bench) -> None:
        call = next(bench.fixtures())
        message = bench.signed(call)
        names = sorted(bench.sign(call.body, bench.secret, NOW_MS))

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.data())
        def check(data: st.DataObject) -> None:
            name = data.draw(st.sampled_from(names))
            value = message.headers[name]
            place = data.draw(st.integers(0, len(value) - 1))
            other = data.draw(st.characters(max_codepoint=255).filter(lambda c: c != value[place]))
            changed = value[:place] + other + value[place + 1 :]
            with pytest.raises(SignatureMismatch):
                bench.take(RawMessage({**message.headers, name: changed}, "", message.body))

        check()

    def test_without_a_header_or_the_right_secret_it_is_refused(self, bench: Bench) -> None:
        call = next(bench.fixtures())
        message = bench.signed(call)
        for name in bench.sign(call.body, bench.secret, NOW_MS):
            rest = {other: value for other, value in message.headers.items() if other != name}
            with pytest.raises(SignatureMismatch):
                bench.take(RawMessage(rest, "", message.body))
        for secrets in ((), ("",), (bench.channel.new_secret(),)):
            shop = ShopConfig(channel=bench.channel.name, shop="demo", secrets=secrets)
            with pytest.raises(SignatureMismatch) as caught:
                bench.channel.verify(message, shop, NOW_MS)
            assert caught.value.fault is SignatureFault.WRONG

    def test_the_former_secret_is_taken_during_a_rotation(self, bench: Bench) -> None:
        fresh = bench.channel.new_secret()
        assert fresh != bench.secret
        shop = ShopConfig(channel=bench.channel.name, shop="demo", secrets=(fresh, bench.secret))
        bench.channel.verify(bench.signed(next(bench.fixtures())), shop, NOW_MS)

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
