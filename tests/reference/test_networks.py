"""Segments of addresses, with `ipaddress` as the oracle."""

import ipaddress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orderguard.reference import networks


@given(st.ip_addresses(v=4))
def test_ipv4_segment_is_its_24(ip: ipaddress.IPv4Address) -> None:
    segment = str(ipaddress.ip_network(f"{ip}/24", strict=False))
    assert networks.segment(str(ip)) == segment
    assert networks.segment(f"::ffff:{ip}") == segment


@given(st.ip_addresses(v=6))
def test_ipv6_segment_is_its_48(ip: ipaddress.IPv6Address) -> None:
    assume(ip.ipv4_mapped is None)
    segment = str(ipaddress.ip_network(f"{ip}/48", strict=False))
    assert networks.segment(str(ip)) == segment
    assert networks.segment(ip.exploded.upper()) == segment
    assert networks.is_datacenter(str(ip)) is None


def test_mapped_address_in_hexadecimal_is_ipv4() -> None:
    assert networks.segment("::FFFF:0102:0304") == "1.2.3.0/24"
    assert networks.is_datacenter("::ffff:1.12.0.1") is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4:80",
        "1.2.3.4\0",
        "1.2.3.4/24",
        "１.2.3.4",
        "\ud800",
        ":",
        "1::2::3",
        "fe80::1%eth0",
        "[2001:db8::1]",
    ],
)
def test_bad_text_is_unknown(text: str) -> None:
    assert networks.segment(text) is None
    assert networks.is_datacenter(text) is None


@pytest.mark.parametrize(
    ("ip", "datacenter"),
    [
        ("1.11.255.255", False),
        ("1.12.0.0", True),  # 1.12.0.0/14 is listed.
        ("1.15.255.255", True),
        ("1.16.0.0", False),
        ("0.0.0.0", False),  # noqa: S104 - The lowest address, not a bind.
        ("255.255.255.255", False),
        ("10.0.0.1", False),
    ],
)
def test_datacenters(ip: str, datacenter: bool) -> None:
    assert networks.is_datacenter(ip) is datacenter
