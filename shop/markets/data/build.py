# ruff: noqa: E501
"""Make ``cn.json`` and ``ir.json`` from the two packages named in ``NOTICE.md``.

Run it by hand when a new version of a package is out, and read the diff: a
code that disappears is still written on orders::

    npm pack @vant/area-data@2.1.0 iran-cities-json@2.0.0    (unpack both)
    python shop/markets/data/build.py VANT_FOLDER IRAN_FOLDER

Chinese names get their pinyin here, so that the shop needs no dictionary to
show them to a reader of another script.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pypinyin import Style, lazy_pinyin

HERE = Path(__file__).parent
Row = tuple[str, Mapping[str, str]]

#: Latin and Persian names of the 34 provinces.
CN_PROVINCES = {
    "110000": ("Beijing", "پکن"), "120000": ("Tianjin", "تیانجین"),
    "130000": ("Hebei", "خبی"), "140000": ("Shanxi", "شانشی"),
    "150000": ("Inner Mongolia", "مغولستان داخلی"), "210000": ("Liaoning", "لیائونینگ"),
    "220000": ("Jilin", "جیلین"), "230000": ("Heilongjiang", "هیلونگ‌جیانگ"),
    "310000": ("Shanghai", "شانگهای"), "320000": ("Jiangsu", "جیانگسو"),
    "330000": ("Zhejiang", "ژجیانگ"), "340000": ("Anhui", "آنهویی"),
    "350000": ("Fujian", "فوجیان"), "360000": ("Jiangxi", "جیانگشی"),
    "370000": ("Shandong", "شاندونگ"), "410000": ("Henan", "هنان"),
    "420000": ("Hubei", "هوبی"), "430000": ("Hunan", "هونان"),
    "440000": ("Guangdong", "گوانگ‌دونگ"), "450000": ("Guangxi", "گوانگشی"),
    "460000": ("Hainan", "هاینان"), "500000": ("Chongqing", "چونگ‌کینگ"),
    "510000": ("Sichuan", "سیچوان"), "520000": ("Guizhou", "گوئیژو"),
    "530000": ("Yunnan", "یون‌نان"), "540000": ("Xizang (Tibet)", "تبت"),
    "610000": ("Shaanxi", "شاآنشی"), "620000": ("Gansu", "گانسو"),
    "630000": ("Qinghai", "چینگ‌های"), "640000": ("Ningxia", "نینگ‌شیا"),
    "650000": ("Xinjiang", "سین‌کیانگ"), "710000": ("Taiwan", "تایوان"),
    "810000": ("Hong Kong", "هنگ‌کنگ"), "820000": ("Macao", "ماکائو"),
}  # fmt: skip

#: Names whose usual Latin form is not their pinyin, or whose pinyin has two readings.
CN_LATIN = {
    "开发区": "Development Zone", "高新区": "High-tech Zone",
    "长治市": "Changzhi", "朝阳市": "Chaoyang", "新竹县": "Hsinchu County",
    "嘉义县": "Chiayi County", "呼和浩特市": "Hohhot", "鄂尔多斯市": "Ordos", "呼伦贝尔市": "Hulunbuir",
    "巴彦淖尔市": "Bayannur", "乌兰察布市": "Ulanqab", "哈尔滨市": "Harbin",
    "齐齐哈尔市": "Qiqihar", "乌鲁木齐市": "Urumqi", "克拉玛依市": "Karamay",
    "吐鲁番市": "Turpan", "哈密市": "Hami", "拉萨市": "Lhasa", "日喀则市": "Shigatse",
    "昌都市": "Qamdo", "林芝市": "Nyingchi", "山南市": "Shannan", "那曲市": "Nagqu",
    "阿里地区": "Ngari Prefecture", "喀什地区": "Kashgar Prefecture",
    "和田地区": "Hotan Prefecture", "阿克苏地区": "Aksu Prefecture",
    "阿勒泰地区": "Altay Prefecture", "塔城地区": "Tacheng Prefecture",
    "延边朝鲜族自治州": "Yanbian Prefecture", "六安市": "Lu'an", "台州市": "Taizhou",
    "丽水市": "Lishui", "亳州市": "Bozhou", "漯河市": "Luohe", "儋州市": "Danzhou",
    "台北市": "Taipei", "高雄市": "Kaohsiung", "台南市": "Tainan", "台中市": "Taichung",
    "新北市": "New Taipei", "基隆市": "Keelung", "新竹市": "Hsinchu", "嘉义市": "Chiayi",
    "桃园市": "Taoyuan", "香港岛": "Hong Kong Island", "九龙": "Kowloon",
    "新界": "New Territories", "澳门半岛": "Macao Peninsula", "离岛": "Outlying Islands",
    "省直辖县": "Counties under the province",
    "自治区直辖县级行政区划": "Cities under the region",
    "县": "Counties of Chongqing", "市辖区": "Municipal districts", "其它区": "Other",
    "浦东新区": "Pudong New Area", "滨海新区": "Binhai New Area",
}  # fmt: skip

#: What the vendored list says in a way no reader would understand.
CN_LOCAL = {"500200": "重庆市（各县）"}

#: Persian names of the cities that a Persian reader in China is likely to look for.
CN_PERSIAN = {
    "110100": "پکن", "310100": "شانگهای", "120100": "تیانجین", "500100": "چونگ‌کینگ",
    "440100": "گوانگژو", "440300": "شنژن", "440600": "فوشان", "441900": "دونگ‌گوان",
    "330100": "هانگژو", "330200": "نینگبو", "330700": "جین‌هوا (ییوو)",
    "330300": "ونژو", "320100": "نانجینگ", "320500": "سوژو", "320200": "ووشی",
    "420100": "ووهان", "430100": "چانگشا", "450100": "ناننینگ", "450300": "گوئیلین",
    "510100": "چنگدو", "530100": "کونمینگ", "610100": "شیان", "370200": "چینگدائو",
    "370100": "جینان", "410100": "ژنگژو", "350200": "شیامن", "350100": "فوژو",
    "210100": "شن‌یانگ", "210200": "دالیان", "230100": "هاربین", "650100": "ارومچی",
    "640100": "یین‌چوان", "620100": "لانژو", "810100": "جزیرهٔ هنگ‌کنگ",
}  # fmt: skip

_SUFFIXES = (
    ("土家族苗族自治州", " Prefecture"), ("藏族羌族自治州", " Prefecture"),
    ("蒙古族藏族自治州", " Prefecture"), ("布依族苗族自治州", " Prefecture"),
    ("苗族侗族自治州", " Prefecture"), ("哈尼族彝族自治州", " Prefecture"),
    ("壮族苗族自治州", " Prefecture"), ("傣族景颇族自治州", " Prefecture"),
    ("柯尔克孜自治州", " Prefecture"), ("傈僳族自治州", " Prefecture"),
    ("哈萨克自治州", " Prefecture"), ("蒙古自治州", " Prefecture"),
    ("彝族自治州", " Prefecture"), ("藏族自治州", " Prefecture"),
    ("傣族自治州", " Prefecture"), ("白族自治州", " Prefecture"),
    ("回族自治州", " Prefecture"), ("地区", " Prefecture"), ("盟", " League"),
    ("自治县", " County"), ("自治旗", " Banner"), ("经济技术开发区", " Development Zone"),
    ("高新技术产业开发区", " High-tech Zone"), ("高新区", " High-tech Zone"),
    ("开发区", " Development Zone"), ("新区", " New Area"), ("林区", " Forest District"),
    ("矿区", " Mining District"), ("街道", " Subdistrict"), ("镇", " Town"),
    ("乡", " Township"), ("区", " District"), ("县", " County"), ("市", ""), ("旗", " Banner"),
)  # fmt: skip
#: A county named after its people: 琼中黎族苗族自治县 is called Qiongzhong County.
_PEOPLES = re.compile(
    "(?:各族|蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|朝鲜|满族|侗族|瑶族|白族|土家族|"
    "哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|"
    "土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|塔吉克|怒族|鄂温克族|保安族|裕固族|"
    "独龙族|鄂伦春|普米族)+$"
)

#: Latin and Chinese names of the 31 provinces of Iran.
IR_PROVINCES = {
    1: ("East Azerbaijan", "东阿塞拜疆省"), 2: ("West Azerbaijan", "西阿塞拜疆省"),
    3: ("Ardabil", "阿尔达比勒省"), 4: ("Isfahan", "伊斯法罕省"), 5: ("Alborz", "厄尔布尔士省"),
    6: ("Ilam", "伊拉姆省"), 7: ("Bushehr", "布什尔省"), 8: ("Tehran", "德黑兰省"),
    9: ("Chaharmahal and Bakhtiari", "恰哈马哈勒-巴赫蒂亚里省"),
    10: ("South Khorasan", "南呼罗珊省"), 11: ("Razavi Khorasan", "拉扎维呼罗珊省"),
    12: ("North Khorasan", "北呼罗珊省"), 13: ("Khuzestan", "胡齐斯坦省"),
    14: ("Zanjan", "赞詹省"), 15: ("Semnan", "塞姆南省"),
    16: ("Sistan and Baluchestan", "锡斯坦-俾路支斯坦省"), 17: ("Fars", "法尔斯省"),
    18: ("Qazvin", "加兹温省"), 19: ("Qom", "库姆省"), 20: ("Kurdistan", "库尔德斯坦省"),
    21: ("Kerman", "克尔曼省"), 22: ("Kermanshah", "克尔曼沙阿省"),
    23: ("Kohgiluyeh and Boyer-Ahmad", "科吉卢耶-博韦艾哈迈德省"),
    24: ("Golestan", "戈勒斯坦省"), 25: ("Gilan", "吉兰省"), 26: ("Lorestan", "洛雷斯坦省"),
    27: ("Mazandaran", "马赞德兰省"), 28: ("Markazi", "中央省"),
    29: ("Hormozgan", "霍尔木兹甘省"), 30: ("Hamadan", "哈马丹省"), 31: ("Yazd", "亚兹德省"),
}  # fmt: skip

#: The list writes the three "and" provinces without the space before the second name.
IR_LOCAL = {
    9: "چهارمحال و بختیاری", 16: "سیستان و بلوچستان", 23: "کهگیلویه و بویراحمد",
}  # fmt: skip

#: Provincial capitals and other large cities: province, Persian, Latin, Chinese.
IR_CITIES = (
    (8, "تهران", "Tehran", "德黑兰"), (11, "مشهد", "Mashhad", "马什哈德"),
    (4, "اصفهان", "Isfahan", "伊斯法罕"), (5, "کرج", "Karaj", "卡拉季"),
    (17, "شیراز", "Shiraz", "设拉子"), (1, "تبریز", "Tabriz", "大不里士"),
    (19, "قم", "Qom", "库姆"), (13, "اهواز", "Ahvaz", "阿瓦士"),
    (22, "کرمانشاه", "Kermanshah", "克尔曼沙阿"), (2, "ارومیه", "Urmia", "乌尔米耶"),
    (25, "رشت", "Rasht", "拉什特"), (16, "زاهدان", "Zahedan", "扎黑丹"),
    (30, "همدان", "Hamadan", "哈马丹"), (21, "کرمان", "Kerman", "克尔曼"),
    (31, "یزد", "Yazd", "亚兹德"), (3, "اردبیل", "Ardabil", "阿尔达比勒"),
    (29, "بندرعباس", "Bandar Abbas", "阿巴斯港"), (28, "اراک", "Arak", "阿拉克"),
    (14, "زنجان", "Zanjan", "赞詹"), (20, "سنندج", "Sanandaj", "萨南达季"),
    (18, "قزوین", "Qazvin", "加兹温"), (26, "خرم آباد", "Khorramabad", "霍拉马巴德"),
    (24, "گرگان", "Gorgan", "戈尔甘"), (27, "ساری", "Sari", "萨里"),
    (15, "سمنان", "Semnan", "塞姆南"), (7, "بوشهر", "Bushehr", "布什尔"),
    (10, "بیرجند", "Birjand", "比尔詹德"), (12, "بجنورد", "Bojnurd", "博季努尔德"),
    (6, "ایلام", "Ilam", "伊拉姆"), (9, "شهرکرد", "Shahrekord", "沙赫尔库尔德"),
    (23, "یاسوج", "Yasuj", "亚苏季"), (13, "آبادان", "Abadan", "阿巴丹"),
    (13, "دزفول", "Dezful", "迪兹富勒"), (4, "کاشان", "Kashan", "卡尚"),
    (4, "نجف آباد", "Najafabad", "纳杰法巴德"), (8, "اسلامشهر", "Eslamshahr", "伊斯兰沙赫尔"),
    (8, "شهریار", "Shahriar", "沙赫里亚尔"), (8, "قدس", "Qods", "戈德斯"),
    (8, "ملارد", "Malard", "马拉尔德"), (8, "ری", "Rey", "雷伊"),
    (8, "تجریش", "Tajrish", "塔吉里什"), (8, "پردیس", "Pardis", "帕尔迪斯"),
    (8, "ورامین", "Varamin", "瓦拉明"), (11, "نیشابور", "Nishapur", "内沙布尔"),
    (11, "سبزوار", "Sabzevar", "萨卜泽瓦尔"), (27, "بابل", "Babol", "巴博勒"),
    (27, "آمل", "Amol", "阿莫勒"), (27, "قایم شهر", "Qaem Shahr", "加姆沙赫尔"),
    (26, "بروجرد", "Borujerd", "博鲁杰尔德"), (2, "خوی", "Khoy", "霍伊"),
    (1, "مراغه", "Maragheh", "马拉盖"), (15, "شاهرود", "Shahrud", "沙赫鲁德"),
    (21, "رفسنجان", "Rafsanjan", "拉夫桑詹"), (21, "سیرجان", "Sirjan", "锡尔詹"),
    (29, "کیش", "Kish", "基什岛"), (29, "قشم", "Qeshm", "格什姆岛"),
    (16, "چابهار", "Chabahar", "恰巴哈尔"), (25, "بندرانزلی", "Bandar-e Anzali", "安扎利港"),
    (24, "گنبدکاووس", "Gonbad-e Kavus", "贡巴德卡武斯"),
)  # fmt: skip


def latin(name: str) -> str:
    """Return the pinyin of a Chinese place: 青秀区 -> Qingxiu District."""
    if name in CN_LATIN:
        return CN_LATIN[name]
    for suffix, english in _SUFFIXES:
        stem = name.removesuffix(suffix)
        if stem not in (name, "") and len(stem) > 1:
            return _pinyin(_PEOPLES.sub("", stem) or stem) + english
    return _pinyin(name)


def _pinyin(stem: str) -> str:
    syllables = lazy_pinyin(stem, style=Style.NORMAL)
    word = syllables[0]
    for syllable in syllables[1:]:
        word += ("'" if syllable[:1] in "aeo" else "") + syllable
    word = re.sub("(?<=[ln])v", "ü", word)
    return word[:1].upper() + word[1:]


def china(folder: Path) -> dict[str, list[Row]]:
    """Return provinces, cities and districts of ``@vant/area-data``, in its order."""
    source = (folder / "dist" / "index.cjs").read_text(encoding="utf-8")
    source = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda hit: chr(int(hit[1], 16)), source)
    lists = {
        kind: re.findall(r"(\d{6}): ?[\"']([^\"']+)[\"']", body)
        for kind, body in re.findall(r"(\w+_list): ?\{(.*?)\}", source, re.DOTALL)
    }
    provinces: list[Row] = []
    for code, name in lists["province_list"]:
        english, persian = CN_PROVINCES[code]
        provinces.append((code, {"zh": name, "en": english, "fa": persian}))
    cities: list[Row] = []
    for code, name in lists["city_list"]:
        names = {"zh": CN_LOCAL.get(code, name), "en": latin(name)}
        if code in CN_PERSIAN:
            names["fa"] = CN_PERSIAN[code]
        cities.append((code, names))
    districts: list[Row] = []
    for code, name in lists["county_list"]:
        districts.append((code, {"zh": name, "en": latin(name)}))
    return {"provinces": provinces, "cities": cities, "districts": districts}


def iran(folder: Path) -> dict[str, list[Row]]:
    """Return provinces and cities of ``iran-cities-json``; its ids become our codes.

    A province is ``PP0000``, a city ``PPNNNN`` with the id of the package.
    """
    known = {(p, fa): (en, zh) for p, fa, en, zh in IR_CITIES}
    provinces: list[Row] = []
    for row in json.loads((folder / "ostan.json").read_text(encoding="utf-8")):
        english, chinese = IR_PROVINCES[row["id"]]
        local = IR_LOCAL.get(row["id"], row["name"])
        provinces.append(
            (f"{row['id']:02d}0000", {"fa": local, "en": english, "zh": chinese})
        )
    cities: list[Row] = []
    for row in json.loads((folder / "shahr.json").read_text(encoding="utf-8")):
        if re.search("[0-9-]", row["name"]):
            continue  # a district of a city under a working title (تبریز3-)
        names = {"fa": persian(row["name"])}
        if found := known.pop((row["ostan"], row["name"]), None):
            names |= {"en": found[0], "zh": found[1]}
        cities.append((f"{row['ostan']:02d}{row['id']:04d}", names))
    if known:
        raise SystemExit(f"not in the list: {sorted(known)}")
    cities.sort(key=lambda city: city[0][:2])
    return {"provinces": provinces, "cities": cities, "districts": []}


def persian(name: str) -> str:
    """Write a town as Persian does: خرم آباد -> خرم‌آباد."""
    name = name.replace("قایم", "قائم")
    return re.sub(r"(?<=[^ادذرزژو]) (?=(آباد|شهر)$)", "\u200c", name)


def save(name: str, lists: Mapping[str, Iterable[Row]]) -> None:
    """Write one row a line, so that a new version shows as a readable diff."""
    parts = []
    for kind, rows in lists.items():
        body = ",\n".join(
            json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows
        )
        parts.append(f'"{kind}": [\n{body}\n]' if body else f'"{kind}": []')
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    save("cn.json", china(Path(sys.argv[1])))
    save("ir.json", iran(Path(sys.argv[2])))
