import pytest

from orderguard.flows.doors import is_public, normalise_street

SAME = [
    [
        "中山路12号3栋2单元501室",
        "中山路12号3幢2单元501",
        "中山路 12号楼 3座 2单元 501室",
        "中山路１２＃３－２－５０１",
        "中山路12-3-2-501",
        "中山路十二号三栋二单元501室",
        "中山路12号，3栋，2单元，501室",
    ],
    ["中山路12号A座1203", "中山路12号 a 座 1203室", "中山路12号A-1203"],
    ["幸福小区二十三号楼一〇三室", "幸福小区 23号楼 103", "幸福 小区23-103"],
    [
        "12 Main Street, Apt. 5B",
        "12 MAIN ST APT 5b",
        "12 Main St. #5-B",
        "No. 12 Main Street, Unit 5 B",
        "12 Main St., Room 5B",
        "12  main   street apartment 5b",
    ],
    ["8 North Road Flat 2", "8 N Rd, Suite 2", "８ North Rd #2"],
]
DIFFERENT = [
    ["中山路12号3栋501室", "中山路12号3栋502室", "中山路12号4栋501室", "中山路13号3栋501室"],
    ["中山路1号23栋", "中山路12号3栋"],
    ["中山路12号A座1203", "中山路12号B座1203"],
    ["五一路5号", "六一路5号", "五一路15号"],
    ["12 Main St Apt 5", "12 Main St Apt 6", "12 Main Rd Apt 5", "12 Maine St Apt 5"],
    ["1 Main St Apt 25", "12 Main St Apt 5"],
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_spellings_of_one_door_agree(spellings: list[str]) -> None:
    assert len({normalise_street(street) for street in spellings}) == 1


@pytest.mark.parametrize("streets", DIFFERENT, ids=lambda streets: streets[0])
def test_other_doors_differ(streets: list[str]) -> None:
    assert len({normalise_street(street) for street in streets}) == len(streets)


def test_unit_words_within_a_name_stay() -> None:
    assert normalise_street("黄鹤楼路3号") == "黄鹤楼路 3"
    assert normalise_street("教室路7号") == "教室路 7"


def test_regions_named_beside_the_street_are_not_part_of_it() -> None:
    regions = ("上海市", None, "浦东新区")
    assert normalise_street("上海市浦东新区世纪大道100号", regions) == "世纪大道 100"
    assert normalise_street("世纪大道100号", regions) == "世纪大道 100"
    assert normalise_street("Springfield, 5 Elm Street", ("Springfield",)) == "5 elm st"


@pytest.mark.parametrize("street", ["", "  ", "，。", "***路**号", "中山路12号***"])
def test_hidden_or_empty_streets_name_no_door(street: str) -> None:
    assert normalise_street(street) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [("十", "10"), ("十八", "18"), ("二十", "20"), ("九十九", "99"), ("三〇一", "301")],
)
def test_chinese_numbers_of_units(written: str, number: str) -> None:
    assert normalise_street(f"中山路{written}号") == f"中山路 {number}"


@pytest.mark.parametrize(
    "street",
    [
        "学府路1号理工大学3栋",
        "长江路5号速递易柜2栋",
        "人民路9号邮政代收点1栋",
        "1 College Rd, Locker 7",
    ],
)
def test_many_have_parcels_sent_to_a_public_place(street: str) -> None:
    assert is_public(street)


@pytest.mark.parametrize(
    "street",
    [
        "长江路5号阳光花园3栋2单元501室(门卫代收)",
        "长江路5号阳光花园3栋501室 物业代收",
        "5 Elm Street",
    ],
)
def test_a_word_to_the_courier_makes_no_place_public(street: str) -> None:
    assert not is_public(street)
