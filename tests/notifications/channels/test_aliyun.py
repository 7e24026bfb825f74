"""Aliyun SMS: the official signature, the sandbox, templates, and every refusal."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from shop.notifications.channels.aliyun import (
    SERVICE,
    Call,
    phone_number,
    signed_headers,
)
from shop.notifications.channels.service import NotSent, Outgoing
from shop.notifications.demo import TEMPLATE
from shop.sandbox.testing import Running
from tests.payments.providers.gateway import FakeGateway

OUT = Outgoing(
    to="+8613812345678",
    text="已收到款项\nhttps://shop.example/zh/orders/1",
    name="notify.1.2.paid.sms.1",
    number=101,
    kind="paid",
    language="zh",
    at=datetime(2026, 11, 21, tzinfo=UTC),
    params={
        "text": "已收到款项",
        "last": "https://shop.example/zh/orders/1",
        "number": "4829103746",
        "amount": "¥100",
    },
)


@pytest.fixture
def values(sandbox: Running) -> dict[str, str]:
    """Return the settings the sandbox hands out, and its template."""
    given = {k: str(v) for k, v in sandbox.merchant["aliyun_sms"].items()}
    return given | {"sandbox": "1", "template": TEMPLATE}


def test_the_signature_is_the_one_of_the_official_example() -> None:
    call = Call(
        "ecs.cn-shanghai.aliyuncs.com",
        "2023-10-26T10:22:32Z",
        "3156853299f313e23d1673dc12e1703d",
        "RunInstances",
        "2014-05-26",
    )
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    query["RegionId"] = "cn-shanghai"

    headers = signed_headers(call, query, "YourAccessKeyId", "YourAccessKeySecret")

    signature = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_the_sandbox_delivers_the_words_and_the_link(
    sandbox: Running, values: dict[str, str]
) -> None:
    taken = SERVICE.send(OUT, values)

    (message,) = sandbox.outbox(channel="sms")
    assert OUT.params["text"] in message["text"]
    assert message["text"].endswith(OUT.params["last"])
    assert message["text"].startswith(f"【{values['sign_name']}】")
    assert message["to"] == "13812345678"
    assert taken.ref.startswith(message["id"])


@pytest.mark.parametrize(
    ("phone", "written"),
    [("+8613812345678", "13812345678"), ("+989123456789", "989123456789")],
)
def test_numbers_are_written_as_the_service_wants(phone: str, written: str) -> None:
    assert phone_number(phone) == written


def test_a_stage_with_its_own_template_gets_its_facts_by_name(
    gateway: FakeGateway, values: dict[str, str]
) -> None:
    gateway.answer({"Code": "OK", "BizId": "b"})
    own = "paid SMS_1\npaid.fa SMS_2\nbroken\n"

    for language in ("zh", "fa"):
        out = replace(OUT, language=language)
        SERVICE.send(out, values | {"base_url": gateway.url, "templates": own})

    asked = [parse_qs(urlsplit(one.path).query) for one in gateway.asked]
    assert [one["TemplateCode"][0] for one in asked] == ["SMS_1", "SMS_2"]
    facts = json.loads(asked[0]["TemplateParam"][0])
    assert facts == {
        "last": OUT.params["last"], "number": "4829103746", "amount": "¥100"
    }  # fmt: skip
    assert asked[0]["OutId"] == [OUT.name]


@pytest.mark.parametrize(
    ("code", "final"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", True),
        ("isv.BUSINESS_LIMIT_CONTROL", False),
        ("isv.AMOUNT_NOT_ENOUGH", False),
        ("isv.SMS_TEMPLATE_ILLEGAL", False),
        ("isp.SYSTEM_ERROR", False),
    ],
)
def test_each_refusal_is_final_or_tried_again(
    sandbox: Running, values: dict[str, str], code: str, final: bool
) -> None:
    sandbox.fault("aliyun_sms", "send", f"error:{code}")

    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values)

    assert (refused.value.code, refused.value.final) == (code, final)


@pytest.mark.parametrize("name", ["access_key_id", "access_key_secret", "sign_name"])
def test_a_wrong_key_is_refused_and_never_written_down(
    values: dict[str, str], name: str
) -> None:
    secret = "planted-4242424242"
    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values | {name: secret})

    assert secret not in repr(refused.value)
    assert not refused.value.final


@pytest.mark.parametrize("fault", ["html", "empty", "http500", "drop_after"])
def test_an_answer_that_makes_no_sense_is_no_success(
    sandbox: Running, values: dict[str, str], fault: str
) -> None:
    sandbox.fault("aliyun_sms", "send", fault)

    with pytest.raises(NotSent) as refused:
        SERVICE.send(OUT, values)

    assert not refused.value.final


def test_without_a_template_nothing_is_sent(values: dict[str, str]) -> None:
    with pytest.raises(NotSent, match="config template"):
        SERVICE.send(OUT, values | {"template": ""})
