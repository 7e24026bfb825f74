"""The daily bills of Alipay and WeChat Pay: fetched, checked, opened within limits."""

import gzip
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shop.payments import bills, protocol
from shop.payments.provider import ProviderError, all_providers
from shop.payments.providers import alipay
from shop.sandbox.testing import Running
from tests.payments.providers import test_alipay, wechat
from tests.payments.providers.gateway import FakeGateway, Reply
from tests.payments.providers.journey import Journey

BEIJING = timedelta(hours=8)
DAY = date(2026, 11, 20)
METHOD = "alipay_data_dataservice_bill_downloadurl_query_response"


def zipped(*files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, content in enumerate(files):
            archive.writestr(f"{place}.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize("code", ["alipay", "alipay_qr", "wechat_native", "wechat_h5"])
def test_the_bill_of_a_day_has_its_payment_and_its_refund(
    sandbox: Running, code: str
) -> None:
    journey = Journey(sandbox, code)
    journey.press()
    refund = journey.refunding(30_00)
    journey.refund(refund)
    day = (datetime.now(UTC) + BEIJING).date()
    provider = journey.provider
    assert provider.fetch_bill(day, journey.settings) is None
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    sandbox.be_at(tomorrow)

    content = provider.fetch_bill(day, journey.settings)

    assert content is not None
    lines = bills.PARSERS[provider.bill](content)
    assert [(one.ref, one.amount.minor, one.is_refund) for one in lines] == [
        (journey.attempt.ref, journey.attempt.amount.minor, False),
        (refund.ref, 30_00, True),
    ]


@pytest.mark.parametrize("code", ["alipay", "wechat_native"])
def test_no_faulty_answer_is_a_bill(sandbox: Running, code: str) -> None:
    journey = Journey(sandbox, code)
    journey.press()
    sandbox.be_at(datetime.now(UTC) + timedelta(days=2))
    day = (datetime.now(UTC) + BEIJING).date()
    gateway = code.partition("_")[0]

    for mode in ("bad_sig", "unsigned", "html", "empty", "http500"):
        sandbox.fault(gateway, "bill", mode)
        with pytest.raises(ProviderError):
            journey.provider.fetch_bill(day, journey.settings)


def fetch(gateway: FakeGateway, *replies: Reply | Any) -> bytes | None:
    """Fetch WeChat's bill, answered with these."""
    gateway.answer(*replies)
    provider = all_providers()["wechat_native"]
    return provider.fetch_bill(DAY, wechat.settings(gateway.url))


def named(gateway: FakeGateway, plain: bytes, **more: str) -> Any:
    """Return WeChat's signed answer that names a file and its hash."""
    digest = hashlib.sha1(plain, usedforsecurity=False).hexdigest()
    url = f"{gateway.url}/v3/billdownload/file?token=t"
    said = {"hash_type": "SHA1", "hash_value": digest, "download_url": url}
    return wechat.answer(said | more)


def test_wechats_file_is_fetched_with_our_signature(gateway: FakeGateway) -> None:
    plain = b"bill"

    assert fetch(gateway, named(gateway, plain), Reply(body=gzip.compress(plain)))

    first, second = gateway.asked
    assert first.query["bill_date"] == "2026-11-20"
    assert second.path == "/v3/billdownload/file?token=t"
    assert second.headers["authorization"].startswith("WECHATPAY2-SHA256-RSA2048 ")


def test_control_a_plain_file_with_the_right_hash_is_taken(
    gateway: FakeGateway,
) -> None:
    assert fetch(gateway, named(gateway, b"bill"), Reply(body=b"bill")) == b"bill"


def test_a_file_with_another_hash_is_refused(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        fetch(gateway, named(gateway, b"bill"), Reply(body=b"bills"))

    assert caught.value.code == "hash"


def test_our_signature_goes_to_no_other_host(gateway: FakeGateway) -> None:
    elsewhere = {"download_url": "https://evil.example/v3/billdownload/file?token=t"}

    with pytest.raises(ProviderError) as caught:
        fetch(gateway, named(gateway, b"", **elsewhere))

    assert caught.value.code == "bill_url"
    assert len(gateway.asked) == 1


def test_a_bomb_is_not_unpacked(gateway: FakeGateway) -> None:
    bomb = gzip.compress(bytes(protocol.MAX_FILE_BYTES + 1))
    assert len(bomb) < 100_000

    with pytest.raises(ProviderError) as caught:
        fetch(gateway, named(gateway, b""), Reply(body=bomb))

    assert caught.value.code == "too_long"


def test_a_file_that_is_cut_off_is_refused(gateway: FakeGateway) -> None:
    with pytest.raises(ProviderError) as caught:
        fetch(gateway, named(gateway, b"x"), Reply(body=gzip.compress(b"x" * 99)[:-9]))

    assert caught.value.code == "gzip"


@pytest.mark.parametrize(
    "content",
    [
        zipped(bytes(protocol.MAX_FILE_BYTES), b"1"),
        zipped(bytes(protocol.MAX_FILE_BYTES + 1)),
        zipped(*[b"x"] * (protocol.MAX_MEMBERS + 1)),
        zipped(b"x" * 5000)[:-40],
        b"PK\x03\x04 no zip",
        b"",
    ],
    ids=["sum", "one", "many", "cut", "none", "empty"],
)
def test_only_a_small_and_whole_zip_is_opened(content: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        protocol.unzipped(content)

    assert caught.value.kind == "protocol"


def test_control_a_zip_of_exactly_the_limit_is_opened() -> None:
    half = protocol.MAX_FILE_BYTES // 2

    files = protocol.unzipped(zipped(bytes(half), bytes(half)))

    assert [len(file) for file in files] == [half, half]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "http://dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1",
            "https://dwbillcenter.alipay.com/downloadBillFile.resource?fileId=1",
        ),
        ("https://evil.example/?x=.alipay.com", ""),
        ("https://alipay.com.evil.example/", ""),
        ("https://x@dwbillcenter.alipay.com/", ""),
        ("https://dwbillcenter.alipay.com:8443/", ""),
        ("file:///etc/passwd", ""),
        ("http://127.0.0.1/", ""),
        (None, ""),
    ],
)
def test_alipays_bill_is_fetched_from_alipay_over_https(
    url: str | None, wanted: str
) -> None:
    settings = test_alipay.settings(alipay.BASE_URL)
    if wanted:
        assert alipay._bill_url(url, settings) == wanted
        return
    with pytest.raises(ProviderError):
        alipay._bill_url(url, settings)


def test_of_several_files_the_one_with_the_details_is_taken(
    gateway: FakeGateway,
) -> None:
    from tests.payments.test_bills import alipay_bill

    details = alipay_bill(("1234567890123456", "交易", "100.00", ""))
    url = f"{gateway.url}/bill"
    gateway.answer(
        test_alipay.answer("x", bill_download_url=url),
        Reply(body=zipped("#汇总".encode("gbk"), details)),
    )
    first = gateway.replies[0]
    assert isinstance(first, Reply)
    name = b"alipay_trade_x_response"
    gateway.replies[0] = Reply(body=first.body.replace(name, METHOD.encode()))

    content = all_providers()["alipay"].fetch_bill(
        DAY, test_alipay.settings(gateway.url)
    )

    assert content == details
