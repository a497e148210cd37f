"""Postal addresses, whole and in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pii_sft.dataset.synthetic.slots.patterns import digits

if TYPE_CHECKING:
    from random import Random

_US_CITIES = (
    ("Austin", "TX", "787"), ("Portland", "OR", "972"), ("Denver", "CO", "802"),
    ("Madison", "WI", "537"), ("Raleigh", "NC", "276"), ("Tucson", "AZ", "857"),
    ("Boise", "ID", "837"), ("Columbus", "OH", "432"), ("Albany", "NY", "122"),
    ("Savannah", "GA", "314"), ("Tacoma", "WA", "984"), ("Omaha", "NE", "681"),
    ("San Jose", "CA", "951"), ("Ann Arbor", "MI", "481"), ("Baton Rouge", "LA", "708"),
    ("Santa Fe", "NM", "875"), ("Burlington", "VT", "054"), ("Fort Worth", "TX", "761"),
)  # fmt: skip

_UK_CITIES = (
    ("London", "SE"), ("Leeds", "LS"), ("Bristol", "BS"), ("York", "YO"), ("Sheffield", "S"),
    ("Norwich", "NR"), ("Cardiff", "CF"), ("Glasgow", "G"), ("Bath", "BA"), ("Exeter", "EX"),
    ("Nottingham", "NG"), ("Cambridge", "CB"), ("Liverpool", "L"), ("Dundee", "DD"),
)  # fmt: skip

_STREETS = (
    "Maple", "Oak", "Cedar", "Elm", "Birch", "Willow", "Chestnut", "Washington", "Lincoln",
    "Church", "Mill", "Station", "Park", "High", "Victoria", "Highland", "Lake", "River", "Hill",
    "Meadow", "Orchard", "Kingsley", "Ashford", "Sycamore", "Franklin", "Garden", "Northfield",
    "Bridge", "Harbour", "Juniper", "Magnolia", "Prospect",
)  # fmt: skip

_US_STREET_KINDS = (
    "St", "Street", "Ave", "Avenue", "Rd", "Road", "Dr", "Drive", "Ln", "Lane", "Blvd", "Court",
    "Way",
)  # fmt: skip

_UK_STREET_KINDS = (
    "Street", "Road", "Lane", "Close", "Avenue", "Gardens", "Terrace", "Crescent", "Way", "Grove",
)  # fmt: skip


def _us_address(rng: Random) -> list[str]:
    city, state, zip_head = rng.choice(_US_CITIES)
    number = f"{rng.randrange(1, 9900)} {rng.choice(('', '', 'N ', 'SW '))}"
    street = f"{number}{rng.choice(_STREETS)} {rng.choice(_US_STREET_KINDS)}"
    if rng.random() < 0.3:
        street += rng.choice((", Apt ", ", Unit ", " #", ", Suite ")) + str(rng.randrange(1, 420))
    zip_code = zip_head + digits(rng, 2) + ("-" + digits(rng, 4) if rng.random() < 0.1 else "")
    return [street, f"{city}, {state} {zip_code}"]


def _uk_address(rng: Random) -> list[str]:
    city, area = rng.choice(_UK_CITIES)
    number = f"{rng.randrange(1, 240)}{rng.choice(('', '', '', 'a', 'b'))}"
    street = f"{number} {rng.choice(_STREETS)} {rng.choice(_UK_STREET_KINDS)}"
    if rng.random() < 0.25:
        street = f"Flat {rng.randrange(1, 40)}, {street}"
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = f"{rng.randrange(1, 10)}{rng.choice(letters)}{rng.choice(letters)}"
    return [street, city, f"{area}{rng.randrange(1, 20)} {inward}"]


def english_address(rng: Random) -> str:
    """Return an American or British postal address on one line."""
    if rng.random() < 0.55:
        return ", ".join(_us_address(rng))
    street, city, postcode = _uk_address(rng)
    return f"{street}, {city}{rng.choice((', ', ' '))}{postcode}"


def english_address_lines(rng: Random) -> str:
    """Return a postal address as it stands on an envelope, on several lines."""
    return "\n".join(_us_address(rng) if rng.random() < 0.5 else _uk_address(rng))


def english_street(rng: Random) -> str:
    """Return a house number and street without a city."""
    return (_us_address(rng) if rng.random() < 0.5 else _uk_address(rng))[0]


_CHINESE_CITIES = (
    ("北京市", "朝阳区 海淀区 西城区 丰台区"), ("上海市", "浦东新区 徐汇区 静安区 闵行区"),
    ("广东省广州市", "天河区 越秀区 番禺区"), ("广东省深圳市", "南山区 福田区 龙岗区"),
    ("浙江省杭州市", "西湖区 余杭区 拱墅区"), ("江苏省南京市", "鼓楼区 玄武区 江宁区"),
    ("江苏省苏州市", "姑苏区 吴中区"), ("四川省成都市", "武侯区 锦江区 高新区"),
    ("湖北省武汉市", "洪山区 江汉区 武昌区"), ("陕西省西安市", "雁塔区 碑林区"),
    ("山东省青岛市", "市南区 崂山区"), ("福建省厦门市", "思明区 湖里区"),
    ("重庆市", "渝中区 江北区 南岸区"), ("湖南省长沙市", "岳麓区 芙蓉区"),
    ("辽宁省大连市", "沙河口区 中山区"), ("云南省昆明市", "五华区 盘龙区"),
)  # fmt: skip

_ROADS = (
    "人民路", "中山北路", "解放路", "建设路", "文三路", "长江路", "和平街", "学院路", "新华路",
    "青年路", "滨江大道", "科技路", "湖滨路", "花园路", "幸福路", "迎宾大道", "西园路", "光明街",
    "振兴路", "东风路",
)  # fmt: skip

_ESTATES = (
    "翠苑小区", "阳光花园", "锦绣家园", "金色港湾", "幸福里", "东湖名邸", "绿城雅苑", "星河湾",
    "怡景花园", "书香苑", "和谐家园", "紫荆苑", "天鹅堡", "水岸新城",
)  # fmt: skip


def _chinese_address(rng: Random) -> tuple[str, str]:
    city, districts = rng.choice(_CHINESE_CITIES)
    if city.count("省") and rng.random() < 0.4:
        city = city.partition("省")[2]
    number = rng.randrange(1, 900)
    street = f"{city}{rng.choice(districts.split())}{rng.choice(_ROADS)}{number}号"
    building, floor, door = rng.randrange(1, 40), rng.randrange(1, 30), rng.randrange(1, 5)
    home = rng.choice(
        (
            f"{building}栋{rng.randrange(1, 5)}单元{floor}0{door}室",
            f"{building}号楼{floor}0{door}",
            f"{building}幢{floor}0{door}室",
            f"{building}-{rng.randrange(1, 5)}-{floor}0{door}",
        )
    )
    return street, rng.choice(_ESTATES) + home


def chinese_address(rng: Random) -> str:
    """Return a Chinese postal address on one line, from the city down to the door."""
    street, home = _chinese_address(rng)
    return rng.choice((street + home, street + home, f"{street} {home}", street))


def chinese_address_lines(rng: Random) -> str:
    """Return a Chinese postal address on two lines."""
    return "\n".join(_chinese_address(rng))


def chinese_home(rng: Random) -> str:
    """Return the estate, building and door, as couriers and neighbours write it."""
    return _chinese_address(rng)[1]
