"""The shipped tables against their sources."""

import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orderguard.reference import mail, networks, phones

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ORDERGUARD_DATA", ROOT.parent / "shared" / "data"))
SOURCE = DATA / "reference"
SHIPPED = ROOT / "src" / "orderguard" / "reference" / "data"
TABLES = ("virtual_segments.txt", "regions.tsv", "datacenter_ranges.bin", "disposable_domains.txt")

needs_sources = pytest.mark.skipif(not SOURCE.is_dir(), reason="needs the sources of the tables")


def test_tables_are_small() -> None:
    sizes = [path.stat().st_size for path in SHIPPED.iterdir()]
    assert max(sizes) < 1_000_000
    assert sum(sizes) < 1_500_000


def test_licences_name_every_table() -> None:
    licences = (SHIPPED / "LICENSES.md").read_text(encoding="utf-8")
    assert all(f"## {name}\n" in licences for name in TABLES)


@needs_sources
def test_sources_make_the_shipped_bytes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "build_reference.py"
    subprocess.run([sys.executable, script, SOURCE, "--target", tmp_path], check=True)
    for name in TABLES:
        assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes(), name


@needs_sources
def test_virtual_segments_are_those_of_the_table() -> None:
    virtual = 0
    for prefix, carrier in _rows("cn_phone_segments", "prefix7", "carrier_type"):
        in_table = carrier in (4, 5, 6)
        in_list = prefix // 10_000 in (162, 165, 167, 170, 171)
        assert phones.is_virtual(f"{prefix}0000") is (in_table or in_list), prefix
        virtual += in_table
    assert virtual == 16_077


@needs_sources
def test_both_ends_of_every_listed_range_are_found() -> None:
    for (cidr,) in _rows("ip_datacenter_vpn_cidr", "cidr"):
        network = ipaddress.IPv4Network(cidr)
        assert networks.is_datacenter(str(network[0])), cidr
        assert networks.is_datacenter(str(network[-1])), cidr


@needs_sources
def test_every_listed_domain_is_found() -> None:
    domains = [domain for (domain,) in _rows("disposable_email_domains", "domain")]
    assert len(domains) == 10_181
    assert all(mail.is_disposable(domain) for domain in domains)


def _rows(table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    rows = pq.read_table(SOURCE / f"{table}.parquet", columns=list(columns))
    return zip(*(rows[column].to_pylist() for column in columns), strict=True)
