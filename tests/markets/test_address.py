"""The address form of each market: any digits in, all problems at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.markets import market, market_codes
from shop.markets.address import Address
from tests.markets import make

TEHRAN = {
    "name": " مريم احمدي ",
    "phone": "۰۹۱۲ ۳۴۵ ۶۷۸۹",
    "email": "",
    "city": make.TEHRAN,
    "street": "خیابان ولیعصر، کوچهٔ یاس، پلاک ۱۲، واحد ۵",
    "postcode": "۱۹۶۸۷-۴۳۲۱۰",
}
NANNING = {
    "name": "示例顾客",
    "phone": "１３８ 1234 5678",
    "email": "Kehu@Example.com",
    "city": make.NANNING,
    "district": "450103",
    "street": "民族大道88号2栋1503室",
    "postcode": "",
}
FIELDS = (*TEHRAN, "district", "country", "town", "state")
ABROAD = {
    "name": "Jane Doe",
    "country": "GB",
    "street": "1 High Street",
    "town": "Leeds",
    "state": "",
    "postcode": "ls1 4ap",
    "phone": "07400 123456",
    "email": "jane@example.com",
}


def problems(
    code: str, typed: dict[str, str], uncovered: tuple[str, ...] = ()
) -> dict[str, str]:
    checked = market(code).address.check(typed, uncovered)
    return {name: type(found).__name__ for name, found in checked.problems.items()}


def test_an_iranian_address_is_stored_in_one_form() -> None:
    checked = make.ir().address.check(TEHRAN)

    assert checked.is_right
    assert checked.address == Address(
        market="ir",
        name="مریم احمدی",
        phone="+989123456789",
        province="080000",
        province_name="تهران",
        city=make.TEHRAN,
        city_name="تهران",
        street="خیابان ولیعصر، کوچهٔ یاس، پلاک ۱۲، واحد ۵",
        postcode="1968743210",
    )
    assert checked.address.place == make.TEHRAN


def test_a_chinese_address_keeps_codes_and_names() -> None:
    address = make.cn().address.check(NANNING).address

    assert address.phone == "+8613812345678"
    assert address.email == "kehu@example.com"
    assert (address.province_name, address.city_name, address.district_name) == (
        "广西壮族自治区",
        "南宁市",
        "青秀区",
    )
    assert address.place == "450103"


def test_an_address_abroad_takes_a_number_of_its_country() -> None:
    checked = market("world").address.check(ABROAD)

    assert checked.is_right
    assert checked.address.phone == "+447400123456"
    assert checked.address.postcode == "LS1 4AP"
    assert checked.address.city_name == "Leeds"
    assert checked.address.place == "GB"


@pytest.mark.parametrize(
    ("code", "typed", "wrong"),
    [
        ("ir", TEHRAN | {"name": ""}, {"name": "Missing"}),
        ("ir", TEHRAN | {"name": "م"}, {"name": "TooShort"}),
        ("ir", TEHRAN | {"name": "م" * 41}, {"name": "TooLong"}),
        ("ir", TEHRAN | {"phone": ""}, {"phone": "Missing"}),
        ("ir", TEHRAN | {"phone": "۰۹۱۲۳۴۵۶۷"}, {"phone": "NotAMobile"}),
        ("ir", TEHRAN | {"phone": "13812345678"}, {"phone": "NotAMobile"}),
        ("ir", TEHRAN | {"email": "nobody"}, {"email": "NotAnEmail"}),
        ("ir", TEHRAN | {"city": ""}, {"city": "NotChosen"}),
        ("ir", TEHRAN | {"city": make.NANNING}, {"city": "NotChosen"}),
        ("ir", TEHRAN | {"street": "کوچه"}, {"street": "TooShort"}),
        ("ir", TEHRAN | {"postcode": ""}, {"postcode": "Missing"}),
        ("ir", TEHRAN | {"postcode": "19687-432"}, {"postcode": "NotAPostcode"}),
        ("ir", TEHRAN | {"postcode": "0968743210"}, {"postcode": "NotAPostcode"}),
        ("cn", NANNING | {"phone": "09123456789"}, {"phone": "NotAMobile"}),
        ("cn", NANNING | {"district": ""}, {"district": "NotChosen"}),
        ("cn", NANNING | {"district": "310115"}, {"district": "NotChosen"}),
        ("cn", NANNING | {"postcode": "53002"}, {"postcode": "NotAPostcode"}),
        ("cn", NANNING | {"postcode": "530022"}, {}),
        ("cn", NANNING | {"city": "x"}, {"city": "NotChosen"}),
        ("world", ABROAD | {"country": "ZZ"},
         {"country": "NotChosen", "phone": "NotAMobile"}),
        ("world", ABROAD | {"email": ""}, {"email": "Missing"}),
        ("world", ABROAD | {"postcode": "1"}, {"postcode": "NotAPostcode"}),
        ("world", ABROAD | {"phone": "+98 912 345 6789"}, {"phone": "NotAMobile"}),
    ],
)  # fmt: skip
def test_each_problem_stands_beside_its_field(
    code: str, typed: dict[str, str], wrong: dict[str, str]
) -> None:
    assert problems(code, typed) == wrong


def test_all_problems_come_at_once_in_the_order_of_the_form() -> None:
    assert list(problems("ir", {})) == ["name", "phone", "city", "street", "postcode"]
    assert list(problems("cn", {})) == ["name", "phone", "city", "street"]


@pytest.mark.parametrize(
    ("city", "district", "field"),
    [
        ("710100", "710101", "city"),
        ("460300", "460302", "city"),
        ("810100", "810101", "city"),
    ],
)
def test_a_place_without_cover_is_refused_where_it_is_chosen(
    city: str, district: str, field: str
) -> None:
    cn = make.cn()
    typed = NANNING | {"city": city, "district": district}

    assert problems("cn", typed, cn.parameters.uncovered_regions)[field] == "NotCovered"
    assert "NotCovered" not in problems("cn", typed).values()


def test_a_single_district_can_be_left_out() -> None:
    assert problems("cn", NANNING, ("450103",)) == {"district": "NotCovered"}
    assert problems("cn", NANNING, ("450102",)) == {}


def test_who_it_is_for_is_enough_for_pick_up() -> None:
    checked = make.cn().address.contact({"name": "示例顾客", "phone": "13812345678"})

    assert checked.is_right
    assert checked.address.place == ""


def test_an_address_survives_being_stored() -> None:
    address = make.cn().address.check(NANNING).address

    assert Address.from_json(address.to_json()) == address
    assert Address.from_json(address.to_json() | {"of_another_version": 1}) == address


def test_an_address_is_written_as_couriers_read_it() -> None:
    cn = make.cn().address
    ir = make.ir().address
    world = market("world").address

    assert cn.lines(cn.check(NANNING).address) == [
        "示例顾客",
        "广西壮族自治区南宁市青秀区民族大道88号2栋1503室",
    ]
    assert ir.lines(ir.check(TEHRAN).address) == [
        "مریم احمدی",
        "تهران، خیابان ولیعصر، کوچهٔ یاس، پلاک ۱۲، واحد ۵",
        "1968743210",
    ]
    assert world.lines(world.check(ABROAD).address)[-1] == "United Kingdom"


@given(
    st.sampled_from(["cn", "ir", "world"]),
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.text(max_size=60) | st.sampled_from([make.NANNING, make.TEHRAN, "450103"]),
    ),
)
def test_nothing_typed_breaks_a_form(code: str, typed: dict[str, str]) -> None:
    checked = market(code).address.check(typed)

    assert set(checked.problems) <= {one.name for one in market(code).address.fields}


@pytest.mark.parametrize("code", market_codes())
def test_every_field_has_a_name(code: str) -> None:
    assert all(str(field.label) for field in market(code).address.fields)
