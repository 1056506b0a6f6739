"""Regions by the names that channels and buyers give them."""

import math

import pytest

from orderguard.reference.regions import Centroid, centroid
from orderguard.reference.shipped import read_lines

CHAOYANG_OF_BEIJING = centroid("北京市", None, "朝阳区")
BEIJING = centroid("北京市", None, None)
ENSHI = centroid("湖北省", "恩施土家族苗族自治州", None)


def test_every_region_is_found_by_its_names() -> None:
    for line in read_lines("regions.tsv")[1:]:
        province, city, district, lat, lng, error_km = line.split("\t")
        expected = Centroid(float(lat), float(lng), float(error_km))
        assert centroid(province, city, district) == expected, line


def test_every_city_is_found_without_its_province() -> None:
    for line in read_lines("regions.tsv")[1:]:
        city, district = line.split("\t")[1:3]
        assert centroid(None, city, district) is not None or not city, line


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (("广西", "南宁", "西乡塘"), ("广西壮族自治区", "南宁市", "西乡塘区")),
        (("广西省", "南宁市", None), ("广西壮族自治区", "南宁市", None)),
        (("内蒙古", "锡林郭勒", None), ("内蒙古自治区", "锡林郭勒盟", None)),
        (("新疆", "伊犁州", None), ("新疆维吾尔自治区", "伊犁哈萨克自治州", None)),
        (("香港", "九龙", None), ("香港特别行政区", None, None)),
        (("海南", "三亚", None), ("海南省", "三亚市", None)),
        (("青海", "海南州", None), ("青海省", "海南藏族自治州", None)),
        (("吉林", "吉林", None), ("吉林省", "吉林市", None)),
        ((" 浙江省 ", "杭州市 ", None), ("浙江省", "杭州市", None)),
        (("西藏", "那曲市", None), ("西藏自治区", "那曲地区", None)),
        (("云南", "玉溪", "元江县"), ("云南省", "玉溪市", "元江哈尼族彝族傣族自治县")),
        (("四川", "乐山", "市中区"), ("四川省", "乐山市", "市中区")),
        (("台湾", "台北", None), ("台湾省", "台北市", None)),
    ],
)
def test_short_and_other_forms(
    names: tuple[str, str, str | None], same: tuple[str, str | None, str | None]
) -> None:
    assert centroid(*names) == centroid(*same) is not None


@pytest.mark.parametrize(
    "names",
    [
        ("北京市", "北京市", "朝阳区"),
        ("北京市", "市辖区", "朝阳区"),
        ("北京", "北京", "朝阳"),
        ("北京市", "朝阳区", None),
        (None, "北京市", "朝阳区"),
        ("", "北京", "朝阳区"),
    ],
)
def test_municipality_forms(names: tuple[str | None, str, str | None]) -> None:
    assert centroid(*names) == CHAOYANG_OF_BEIJING is not None


@pytest.mark.parametrize(
    "names",
    [
        ("北京市", "北京市", None),
        ("北京市", "市辖区", "市辖区"),
        ("北京市", "北京市", "未来区"),
        (None, "北京", None),
    ],
)
def test_unknown_part_leaves_its_parent(names: tuple[str | None, str, str | None]) -> None:
    assert centroid(*names) == BEIJING is not None


def test_county_under_the_province_itself() -> None:
    county = centroid("湖北省", None, "仙桃市")
    assert county is not None
    assert centroid("湖北省", "省直辖县级行政区划", "仙桃市") == county
    assert centroid("湖北", "仙桃", None) == county
    assert centroid("重庆市", "县", "忠县") == centroid("重庆", "重庆市", "忠县") is not None


def test_district_whose_city_is_missing() -> None:
    assert centroid("浙江省", None, "义乌市") == centroid("浙江省", "金华市", "义乌市")
    assert centroid("浙江省", "义乌", None) == centroid("浙江省", "金华市", "义乌市")
    assert centroid("江苏省", None, "鼓楼区") == centroid("江苏省", None, None)  # It has two.


def test_city_goes_before_a_district_of_its_name() -> None:
    assert centroid("湖北", "恩施", None) == centroid("湖北", "恩施州", None) == ENSHI
    assert centroid("湖北", "恩施州", "恩施市") != ENSHI is not None


@pytest.mark.parametrize(
    "names",
    [
        (None, None, None),
        ("", "", ""),
        (None, None, "朝阳区"),
        (None, "吉林", None),  # A province, and a city in it.
        (None, "海南", None),  # A province, and a prefecture of Qinghai.
        ("美国", "纽约", None),
        ("California", "San Francisco", "浦东新区"),
        (None, "Paris", "浦东新区"),
        ("德州", "休斯顿", None),  # Texas, though Shandong has a city of this name.
        (None, "福山市", None),  # Hiroshima's, though Yantai has a district of this short name.
    ],
)
def test_unclear_or_foreign_is_unknown(
    names: tuple[str | None, str | None, str | None],
) -> None:
    assert centroid(*names) is None


def test_error_grows_with_the_level() -> None:
    district, city = centroid("广东", "深圳", "南山"), centroid("广东", "深圳", None)
    province = centroid("广东", None, None)
    assert district is not None
    assert city is not None
    assert province is not None
    assert 5 < district.error_km < city.error_km < 60 < province.error_km < 400


def test_districts_lie_in_china_and_near_their_city() -> None:
    for line in read_lines("regions.tsv")[1:]:
        province, city, district, lat, lng, error_km = line.split("\t")
        assert 3 < float(lat) < 54, line
        assert 73 < float(lng) < 136, line
        assert not district or 1 <= float(error_km) <= 200, line
        parent = centroid(province, city, None)
        assert parent is not None
        degrees = math.hypot(float(lat) - parent.lat, float(lng) - parent.lng)
        assert not (city and district) or degrees * 111 < 8 * parent.error_km, line
