"""Where a province, city or district lies, for addresses that come without coordinates."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from msgspec import Struct

from orderguard.reference.shipped import REMEMBERED_MAX, read_lines

_SUFFIX = re.compile(r"(?<=..)(?:特别行政区|自治[区州县旗]|地区|[林新]区|[省市区县州盟旗])$")
# Both 延边朝鲜族自治州 and 博尔塔拉蒙古自治州 name their peoples between the place and the suffix.
_PEOPLES = re.compile(
    r"(?<=..)(?:(?:[壮回藏苗羌彝侗傣白满畲黎瑶佤怒土水各]|朝鲜|土家|布依|哈尼|景颇|傈僳|仫佬|毛南"
    r"|拉祜|布朗|纳西|普米|独龙|保安|东乡|撒拉|裕固|仡佬|达斡尔)族"
    r"|(?:蒙古|维吾尔|哈萨克|柯尔克孜|塔吉克|锡伯)族?)+$"
)

_Path = tuple[str, str, str]  # Province, city, district; empty where the region has none.


class Centroid(Struct, frozen=True):
    """The seat of a region and how far off an address in it typically is.

    `error_km` of a district is half the mean distance to the six nearest districts, from 1 to
    200 km. That of a city or province is the root mean square, over its districts, of the distance
    to the seat and the district's own error together. Coordinates are likely GCJ-02.
    """

    lat: float
    lng: float
    error_km: float


class _Place(Struct, frozen=True, eq=False):
    """A region and, by every name that means one of them, the regions within it.

    None stands for a name that means several.
    """

    centroid: Centroid | None
    within: dict[str, "_Place | None"]


@lru_cache(REMEMBERED_MAX)
def centroid(province: str | None, city: str | None, district: str | None) -> Centroid | None:
    """The centroid of the most exact region known; None outside China or where names are unclear.

    A name unknown within its parent (市辖区, a new district) leaves the parent. One that skips a
    level is found where only one region below has it: a district of a province without its city.
    """
    china, provinces = _china()
    place = _find(provinces, province) if province else china
    if place is None:
        return None
    for name in filter(None, (city, district)):
        found = _find(place.within, name)
        if found is None and place is china:
            return None  # A city unknown in all of China is foreign, whatever follows.
        place = found or place
    return place.centroid


def _find(within: dict[str, _Place | None], name: str) -> _Place | None:
    if name in within:
        return within[name]
    return within.get(_short(name))


def _short(name: str) -> str:
    """广西壮族自治区 and 广西省 as 广西; names of one character keep their suffix, as 忠县."""
    stem = _SUFFIX.sub("", name.strip())
    return _PEOPLES.sub("", stem)


@cache
def _china() -> tuple[_Place, dict[str, _Place | None]]:
    """The whole country, which has no centroid, and its provinces by name."""
    provinces: dict[_Path, _Place] = {}
    cities: dict[_Path, _Place] = {}
    districts: dict[_Path, _Place] = {}
    for line in read_lines("regions.tsv")[1:]:
        province, city, district, lat, lng, error_km = line.split("\t")
        level = districts if district else cities if city else provinces
        level[province, city, district] = _Place(
            Centroid(float(lat), float(lng), float(error_km)), {}
        )
    # A city goes before a district of the same short name in the same province: 恩施州, 恩施市.
    for level in (districts, cities):
        for parent, below in _by_parent(level).items():
            (provinces.get(parent) or cities[parent]).within.update(_by_name(below))
    # Short names of districts are too common to stand alone: 福山 is also a city in Japan.
    within = _by_name(districts.items(), short=False)
    within |= _by_name([*provinces.items(), *cities.items()])
    return _Place(None, within), _by_name(provinces.items())


def _by_parent(level: dict[_Path, _Place]) -> dict[_Path, list[tuple[_Path, _Place]]]:
    """The regions of a level below each of their provinces and cities."""
    below: dict[_Path, list[tuple[_Path, _Place]]] = {}
    for path, place in level.items():
        province, city, _ = path
        for parent in {(province, city, ""), (province, "", "")} - {path}:
            below.setdefault(parent, []).append((path, place))
    return below


def _by_name(
    places: Iterable[tuple[_Path, _Place]], *, short: bool = True
) -> dict[str, _Place | None]:
    names: dict[str, _Place | None] = {}
    for (province, city, district), place in places:
        name = district or city or province
        for known_as in {name, _short(name)} if short else {name}:
            names[known_as] = None if known_as in names else place
    return names
