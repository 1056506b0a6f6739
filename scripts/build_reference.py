"""Build the tables of `src/orderguard/reference/data/` from their sources.

    python scripts/build_reference.py path/to/reference

The same sources make the same bytes. `LICENSES.md`, beside the tables, is written by hand.
"""

import math
import sys
from array import array
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow.parquet as pq

TARGET = Path(__file__).resolve().parents[1] / "src/orderguard/reference/data"

VIRTUAL_CARRIER_TYPES = {4, 5, 6}

# Codes that group other regions and are no places themselves.
GROUPS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
TAIWAN = "台湾省"

EARTH_RADIUS_KM = 6371
NEIGHBOURS = 6  # Cells of equal size that tile a plane have six.
DISTRICT_ERROR_KM_MIN = 1.0  # The sources say nothing about distances below it.
DISTRICT_ERROR_KM_MAX = 200.0  # The radius of the largest districts on land.


@click.command(help=__doc__)
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--target", default=TARGET, type=click.Path(file_okay=False, path_type=Path))
def main(source: Path, target: Path) -> None:
    tables = {
        "virtual_segments.txt": _text(virtual_segments(source)),
        "regions.tsv": _text(regions(source)),
        "datacenter_ranges.bin": datacenter_ranges(source),
        "disposable_domains.txt": _text(disposable_domains(source)),
    }
    for name, content in tables.items():
        (target / name).write_bytes(content)
        click.echo(f"{len(content):>9,} {name}")


def virtual_segments(source: Path) -> Iterator[str]:
    """Ranges of 7-digit segments of virtual operators, first and last included."""
    rows = _rows(source / "cn_phone_segments.parquet", "prefix7", "carrier_type")
    virtual = [(prefix, prefix + 1) for prefix, carrier in rows if carrier in VIRTUAL_CARRIER_TYPES]
    for first, end in _merged(virtual):
        yield f"{first}-{end - 1}"


def datacenter_ranges(source: Path) -> bytes:
    """First address, last + 1, first, last + 1 …, each 32 bits, least byte first."""
    networks = [
        IPv4Network(cidr) for (cidr,) in _rows(source / "ip_datacenter_vpn_cidr.parquet", "cidr")
    ]
    merged = _merged((int(n.network_address), int(n.broadcast_address) + 1) for n in networks)
    bounds = array("I", (bound for bounds in merged for bound in bounds))
    if sys.byteorder == "big":
        bounds.byteswap()
    return bounds.tobytes()


def disposable_domains(source: Path) -> list[str]:
    rows = _rows(source / "disposable_email_domains.parquet", "domain")
    return sorted({domain.lower() for (domain,) in rows})


Path3 = tuple[str, str, str]  # Province, city, district; empty where the region has none.


class Region(NamedTuple):
    province: str
    city: str
    district: str
    lat: float
    lng: float

    def path(self) -> Path3:
        return self.province, self.city, self.district

    def above(self) -> set[Path3]:
        """The paths of the province and the city that it is a part of."""
        return {(self.province, "", ""), (self.province, self.city, "")} - {self.path()}

    def on_globe(self) -> tuple[float, float, float]:
        """Kilometres from the centre of the Earth; up to 1,000 km a chord is as long as its arc."""
        lat, lng = math.radians(self.lat), math.radians(self.lng)
        return (
            EARTH_RADIUS_KM * math.cos(lat) * math.cos(lng),
            EARTH_RADIUS_KM * math.cos(lat) * math.sin(lng),
            EARTH_RADIUS_KM * math.sin(lat),
        )


def regions(source: Path) -> Iterator[str]:
    """Every province, city and district with its centroid and typical error."""
    places = [*_coded(source), *_taiwan(source)]
    divided = set[Path3]().union(*(place.above() for place in places))
    leaves = [place for place in places if place.path() not in divided]
    errors = _district_errors_km(leaves)
    for parent in places:
        if parent.path() in divided:
            below = [leaf for leaf in leaves if parent.path() in leaf.above()]
            errors[parent] = _spread_km(parent, below, errors)
    yield "province\tcity\tdistrict\tlat\tlng\terror_km"
    for place in places:
        names = "\t".join(place.path())
        yield f"{names}\t{place.lat:.4f}\t{place.lng:.4f}\t{errors[place]:.1f}"


def _coded(source: Path) -> Iterator[Region]:
    columns = ("adcode", "name", "latitude", "longitude")
    rows = sorted(_rows(source / "cn_adcode_lnglat.parquet", *columns))
    names = {adcode[:6]: name for adcode, name, _, _ in rows if name not in GROUPS}
    elsewhere = {
        (province, county): (lat, lng) for province, county, lat, lng in _second_source(source)
    }
    for adcode, name, lat, lng in rows:
        if name in GROUPS:
            continue
        province = names[adcode[:2] + "0000"]
        city = "" if adcode[2:6] == "0000" else names.get(adcode[:4] + "00", "")
        district = "" if adcode[4:6] == "00" else name
        point = elsewhere.get((province, name)) if lat is None else (lat, lng)
        if point:
            yield Region(province, city, district, *point)


def _taiwan(source: Path) -> Iterator[Region]:
    """Its cities, and the counties that have not become part of a city of the same name."""
    found = {
        name: (lat, lng)
        for province, name, lat, lng in _second_source(source)
        if province == "港澳台" and name not in ("香港", "澳门")
    }
    for name, point in found.items():
        if name.endswith("市") or name.removesuffix("县") + "市" not in found:
            yield Region(TAIWAN, name, "", *point)


def _second_source(source: Path) -> Iterator[tuple[Any, ...]]:
    columns = ("province", "county", "latitude", "longitude")
    return _rows(source / "cn_region_lnglat_zip.parquet", *columns)


def _district_errors_km(leaves: list[Region]) -> dict[Region, float]:
    """Half the mean distance to the nearest neighbours, bounded."""
    points = [leaf.on_globe() for leaf in leaves]
    errors = {}
    for leaf, point in zip(leaves, points, strict=True):
        nearest = sorted(math.dist(point, other) for other in points)[1 : NEIGHBOURS + 1]
        half = sum(nearest) / len(nearest) / 2
        errors[leaf] = min(max(half, DISTRICT_ERROR_KM_MIN), DISTRICT_ERROR_KM_MAX)
    return errors


def _spread_km(parent: Region, leaves: list[Region], errors: dict[Region, float]) -> float:
    """The root mean square of how far a district lies and how far off it is itself."""
    seat = parent.on_globe()
    squares = [math.dist(seat, leaf.on_globe()) ** 2 + errors[leaf] ** 2 for leaf in leaves]
    return math.sqrt(sum(squares) / len(squares))


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half-open ranges, in order, those that touch or overlap made one."""
    merged: list[tuple[int, int]] = []
    for first, end in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return merged


def _rows(path: Path, *columns: str) -> Iterator[tuple[Any, ...]]:
    table = pq.read_table(path, columns=list(columns))
    return zip(*(table[column].to_pylist() for column in columns), strict=True)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


if __name__ == "__main__":
    main()
