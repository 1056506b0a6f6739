"""Where buyers live: real districts, invented doorsteps, and the many ways people write them."""

from dataclasses import dataclass, replace
from math import asin, cos, radians, sin, sqrt
from random import Random

EARTH_KM = 6371.0

# (district, latitude, longitude) of each city, centres to two decimals. Neighbouring cities are
# here on purpose: some lie just inside and some just outside 50 km of each other.
CITIES: dict[tuple[str, str], tuple[tuple[str, float, float], ...]] = {
    ("北京市", "北京市"): (("朝阳区", 39.92, 116.44), ("海淀区", 39.96, 116.30)),
    ("天津市", "天津市"): (("南开区", 39.14, 117.15), ("河西区", 39.11, 117.22)),
    ("河北省", "廊坊市"): (("安次区", 39.52, 116.69), ("广阳区", 39.52, 116.71)),
    ("上海市", "上海市"): (("浦东新区", 31.22, 121.54), ("徐汇区", 31.19, 121.44)),
    ("江苏省", "苏州市"): (("虎丘区", 31.30, 120.57), ("吴中区", 31.26, 120.63)),
    ("江苏省", "无锡市"): (("滨湖区", 31.53, 120.28), ("锡山区", 31.59, 120.36)),
    ("江苏省", "南京市"): (("鼓楼区", 32.07, 118.77), ("江宁区", 31.95, 118.84)),
    ("浙江省", "杭州市"): (("西湖区", 30.26, 120.13), ("滨江区", 30.21, 120.21)),
    ("浙江省", "绍兴市"): (("越城区", 30.00, 120.58), ("柯桥区", 30.08, 120.49)),
    ("浙江省", "宁波市"): (("鄞州区", 29.82, 121.55), ("江北区", 29.89, 121.56)),
    ("广东省", "广州市"): (("天河区", 23.12, 113.36), ("越秀区", 23.13, 113.27)),
    ("广东省", "佛山市"): (("禅城区", 23.01, 113.12), ("南海区", 23.03, 113.14)),
    ("广东省", "深圳市"): (("南山区", 22.53, 113.93), ("福田区", 22.52, 114.05)),
    ("四川省", "成都市"): (("武侯区", 30.64, 104.04), ("锦江区", 30.66, 104.08)),
    ("四川省", "德阳市"): (("旌阳区", 31.14, 104.39),),
    ("重庆市", "重庆市"): (("渝中区", 29.55, 106.57), ("江北区", 29.61, 106.57)),
    ("湖北省", "武汉市"): (("武昌区", 30.55, 114.32), ("洪山区", 30.50, 114.34)),
    ("湖南省", "长沙市"): (("岳麓区", 28.23, 112.93), ("雨花区", 28.14, 113.04)),
    ("陕西省", "西安市"): (("雁塔区", 34.21, 108.93), ("碑林区", 34.25, 108.94)),
    ("河南省", "郑州市"): (("金水区", 34.80, 113.66), ("二七区", 34.72, 113.64)),
    ("山东省", "济南市"): (("历下区", 36.67, 117.08), ("槐荫区", 36.65, 116.90)),
    ("辽宁省", "沈阳市"): (("和平区", 41.79, 123.42), ("铁西区", 41.80, 123.38)),
    ("福建省", "厦门市"): (("思明区", 24.45, 118.08), ("湖里区", 24.51, 118.15)),
    ("云南省", "昆明市"): (("五华区", 25.04, 102.71), ("盘龙区", 25.04, 102.72)),
}
CITY_NAMES = tuple(CITIES)

ROADS = (
    *("长江路", "人民路", "中山路", "解放路", "建设路", "文化路", "和平街", "新华路", "学府路"),
    *("滨河大道", "迎宾路", "光明街", "青年路", "胜利路", "朝阳街", "科技路", "兴业路", "花园路"),
)
ESTATES = (
    *("阳光花园", "翠竹苑", "金色家园", "锦绣华庭", "碧水湾", "幸福里", "紫荆公寓", "东方名城"),
    *("绿地新城", "龙湖天街", "万和雅居", "桂花园", "梧桐墅", "银杏小区", "江南春晓", "云锦府"),
)
CAMPUSES = ("理工大学", "师范大学", "财经学院", "职业技术学院", "农业大学", "医学院")
OFFICES = ("创新科技园", "软件园", "国际金融中心", "高新大厦", "创意产业园", "总部基地")
LOCKERS = ("丰巢快递柜", "菜鸟驿站", "速递易柜", "邮政代收点")
ASIDES = ("(请放门口)", "，到了打电话", "（工作日送）", " 放物业", "(门卫代收)", "。")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
CHINESE_DIGITS = str.maketrans("123456789", "一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Place:
    """One doorstep. `written` is how a person typed it; the rest is what it truly is."""

    province: str
    city: str
    district: str
    lat: float
    lng: float
    road: str
    site: str
    building: int
    door: str
    written: str

    @property
    def doorstep(self) -> str:
        return f"{self.city}{self.district}{self.road}{self.site}{self.building}{self.door}"


def draw_place(rng: Random, city: tuple[str, str] | None = None, *, site: str = "") -> Place:
    """A home, or with `site` a dormitory, an office block, a parcel locker."""
    city = city or rng.choice(CITY_NAMES)
    district, lat, lng = rng.choice(CITIES[city])
    building = rng.randint(1, 28)
    room = rng.randint(1, 24) * 100 + rng.randint(1, 4)
    door = "" if site else f"{rng.randint(1, 4)}单元{room}室"
    road = f"{rng.choice(ROADS)}{rng.randint(1, 699)}号"
    site = site or rng.choice(ESTATES)
    return Place(
        province=city[0],
        city=city[1],
        district=district,
        # A city district is some 5 km across.
        lat=round(lat + rng.uniform(-0.025, 0.025), 6),
        lng=round(lng + rng.uniform(-0.025, 0.025), 6),
        road=road,
        site=site,
        building=building,
        door=door,
        written=f"{road}{site}{building}栋{door}",
    )


def km_between(one: Place, other: Place) -> float:
    lat_half = radians(other.lat - one.lat) / 2
    lng_half = radians(other.lng - one.lng) / 2
    shrink = cos(radians(one.lat)) * cos(radians(other.lat))
    return 2 * EARTH_KM * asin(sqrt(sin(lat_half) ** 2 + shrink * sin(lng_half) ** 2))


def respell(rng: Random, place: Place, *, heavily: bool = False) -> Place:
    """The same door as another person, or a fraudster who wants it to look different, types it."""
    building, door = f"{place.building}栋", place.door
    form = rng.randrange(5) if heavily else 0
    if form == 1:
        building = f"{place.building}号楼"
    elif form == 2:
        building, door = f"{place.building}-", door.replace("单元", "-").removesuffix("室")
    elif form == 3 and place.building < 10:
        building = building.translate(CHINESE_DIGITS)
    elif form == 4:
        building = f"{place.building}幢"
    gap = rng.choice(("", "", " ", "，" if heavily else ""))
    text = f"{place.road}{gap}{place.site}{gap}{building}{door}"
    if rng.random() < 0.3:
        text = text.translate(FULL_WIDTH)
    if rng.random() < 0.25:
        text = f"{place.city}{place.district}{text}"
    if rng.random() < (0.5 if heavily else 0.1):
        text += rng.choice(ASIDES)
    # Another spelling is geocoded a few metres away.
    return replace(
        place,
        written=text,
        lat=round(place.lat + rng.gauss(0, 0.00005), 6),
        lng=round(place.lng + rng.gauss(0, 0.00005), 6),
    )
