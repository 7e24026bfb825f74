"""What every provider keeps, whatever its protocol: checked for each one found."""

import contextlib
import logging
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pytest

from shop.kernel.money import Money
from shop.payments import protocol
from shop.payments.provider import (
    Event,
    Outcome,
    Provider,
    ProviderError,
    RawRequest,
    RefundResult,
    all_providers,
)
from tests.payments.providers import every, make
from tests.payments.providers.gateway import FakeGateway, Reply, running_gateway

ALL = sorted(all_providers())
Call = Callable[[Provider, Mapping[str, str]], Any]

CALLS: dict[str, Call] = {
    "begin": lambda p, s: p.begin(every.fresh(p.code), make.URLS, s),
    "handle_return": lambda p, s: p.handle_return(
        every.begun(p.code), every.hint(p.code), s
    ),
    "query": lambda p, s: p.query(every.begun(p.code), s),
    "settle": lambda p, s: p.settle(every.paid(p.code), s),
    "close": lambda p, s: p.close(every.begun(p.code), s),
    "refund": lambda p, s: p.refund(
        every.paid(p.code), make.refunding(every.paid(p.code)), s
    ),
    "query_refund": lambda p, s: p.query_refund(
        every.paid(p.code), make.refunding(every.paid(p.code)), s
    ),
    "reconcile": lambda p, s: list(p.reconcile(make.NOW, s)),
    "test_connection": lambda p, s: p.test_connection(s),
}


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """Run a gateway that answers what the test says."""
    with running_gateway() as running:
        yield running


def own_method(code: str, name: str) -> bool:
    """Say whether a provider does something of its own under this name."""
    return getattr(type(all_providers()[code]), name) is not getattr(Provider, name)


def networked() -> list[tuple[str, str]]:
    """Return every call of every provider that goes over the wire."""
    return [
        (code, name)
        for code in every.ONLINE
        for name in CALLS
        if name in {"query", "handle_return"}
        or (name == "begin" and code in every.ASKS_FIRST)
        or (name != "begin" and own_method(code, name))
    ]


NETWORKED = networked()


def dead_port() -> str:
    """Return the address of a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def outcome(code: str, name: str, settings: Mapping[str, str]) -> Any:
    """Return what a call gave, or the ``ProviderError`` it raised; nothing else may."""
    try:
        return CALLS[name](all_providers()[code], settings)
    except ProviderError as error:
        return error


def is_harmless(found: Any) -> bool:
    """Say whether an answer that proves nothing was taken for nothing."""
    if isinstance(found, ProviderError):
        return found.unknown
    if isinstance(found, Event):
        return found.outcome is Outcome.UNKNOWN
    if isinstance(found, RefundResult):
        return found.state == "unknown"
    return bool(found)  # test_connection: some code


def test_every_online_call_is_covered() -> None:
    assert {code for code, _name in NETWORKED} == set(every.ONLINE)
    assert len(NETWORKED) > 50


@pytest.mark.parametrize("code", ALL)
def test_a_provider_is_named_after_its_file(code: str) -> None:
    provider = all_providers()[code]

    assert type(provider).__module__ == f"shop.payments.providers.{code}"
    assert re.fullmatch(r"[a-z0-9_]{2,32}", code)


@pytest.mark.parametrize("code", ALL)
def test_its_settings_have_the_agreed_names(code: str) -> None:
    names = [one.name for one in all_providers()[code].settings]

    assert names == every.NAMES[every.family(code)].split()


@pytest.mark.parametrize("code", every.ONLINE)
def test_what_nobody_could_confirm_names_its_setting(code: str) -> None:
    provider = all_providers()[code]
    names = {one.name for one in provider.settings}

    assert provider.open_points
    assert {one.setting for one in provider.open_points} <= names | {""}
    for point in provider.open_points:
        assert re.search(r"[.:] |\.$", point.text), point.text


@pytest.mark.parametrize("code", ALL)
def test_a_setting_with_choices_begins_with_one_of_them(code: str) -> None:
    for one in all_providers()[code].settings:
        assert not one.choices or one.default in one.choices


@pytest.mark.parametrize("code", every.ONLINE)
def test_its_default_address_is_a_real_one(code: str) -> None:
    base = all_providers()[code].settings[0]

    assert base.name == "base_url"
    assert base.default.startswith("https://")
    assert protocol.check_base_url(base.default, sandbox=False) == base.default


@pytest.mark.parametrize("code", ALL)
def test_what_must_stay_hidden_is_marked_secret(code: str) -> None:
    for one in all_providers()[code].settings:
        telling = re.search(
            r"private|password|apiv3|secret|token|merchant_id", one.name
        )
        assert one.secret == bool(telling)


@pytest.mark.parametrize("code", ALL)
def test_its_abilities_make_sense(code: str) -> None:
    caps = all_providers()[code].caps

    assert caps.currency in {"CNY", "IRR"}
    assert caps.flows <= {"redirect", "form_post", "qr", "jsapi", "instructions"}
    assert len(caps.flows) == 1
    assert caps.can_close == own_method(code, "close")
    assert (caps.refund != "none") == own_method(code, "refund")
    assert caps.needs_settle == own_method(code, "settle")
    assert caps.signed_notify == own_method(code, "handle_notify")
    assert not caps.signed_notify or not caps.needs_verify


@pytest.mark.parametrize("code", ALL)
def test_it_refuses_another_currency_and_nothing(code: str) -> None:
    provider = all_providers()[code]
    other = {"CNY": "IRR", "IRR": "CNY"}[provider.caps.currency]
    settings = every.settings(code, dead_port())

    for amount in (
        Money(1_250_000, other),
        Money(0, provider.caps.currency),
        Money(-5, provider.caps.currency),
        Money(provider.caps.min_minor - 1, provider.caps.currency),
    ):
        with pytest.raises(ProviderError) as caught:
            provider.begin(every.fresh(code, amount=amount), make.URLS, settings)
        assert caught.value.kind == "rejected"


@pytest.mark.parametrize(
    "code", [code for code in ALL if all_providers()[code].caps.max_minor]
)
def test_it_refuses_more_than_its_limit(code: str) -> None:
    provider = all_providers()[code]
    amount = Money((provider.caps.max_minor or 0) + 1, provider.caps.currency)

    with pytest.raises(ProviderError):
        provider.begin(
            every.fresh(code, amount=amount),
            make.URLS,
            every.settings(code, dead_port()),
        )


@pytest.mark.parametrize(("code", "name"), NETWORKED)
def test_an_unreachable_gateway_is_a_transport_error(code: str, name: str) -> None:
    found = outcome(code, name, every.settings(code, dead_port()))

    if name == "test_connection" and isinstance(found, str):
        assert found
        return
    assert isinstance(found, ProviderError), found
    assert found.kind == "transport"
    assert not found.unknown  # the call never arrived, so nothing can have happened


@pytest.mark.parametrize(("code", "name"), NETWORKED)
def test_a_lost_answer_leaves_everything_open(
    gateway: FakeGateway, code: str, name: str
) -> None:
    gateway.answer(Reply(drop=True))

    found = outcome(code, name, every.settings(code, gateway.url))

    assert is_harmless(found), found


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_slow_gateway_is_given_up(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.2)
    gateway.answer(Reply(wait=5))

    with pytest.raises(ProviderError) as caught:
        all_providers()[code].query(
            every.begun(code), every.settings(code, gateway.url)
        )

    assert (caught.value.kind, caught.value.unknown) == ("transport", True)


RUBBISH = {
    "html": Reply(502, b"<html><h1>502 Bad Gateway</h1></html>"),
    "page": Reply(200, b"<!DOCTYPE html><title>Sign in</title>"),
    "empty": Reply(200, b""),
    "truncated": Reply(200, b'{"data":{"code":100,"sta'),
    "list": Reply(200, b"[1,2,3]"),
    "text": Reply(200, b'"OK"'),
    "null": Reply(200, b"null"),
    "object": Reply(200, b"{}"),
    "nan": Reply(200, b'{"result":NaN}'),
    "deep": Reply(200, b'{"a":' * 50_000),
    "binary": Reply(200, b"\xff\xfe\x00\x01"),
    "huge": Reply(200, b'{"a":"' + b"x" * 400_000 + b'"}'),
    "number": Reply(200, b'{"result":' + b"1" * 5_000 + b"}"),
    "redirect": Reply(302, b"", {"Location": "http://127.0.0.1:9/x"}),
    "gone": Reply(307, b'{"result":100}', {"Location": "https://evil.test/"}),
    "forbidden": Reply(403, b"blocked"),
    "gzip": Reply(200, b"not gzip", {"Content-Encoding": "gzip"}),
    "forms": Reply(200, b"respCode=00&origRespCode=00&respCode=00"),
}


@pytest.mark.parametrize(("code", "name"), NETWORKED)
def test_no_rubbish_is_taken_for_an_answer(
    gateway: FakeGateway, code: str, name: str
) -> None:
    settings = every.settings(code, gateway.url)

    for kind, reply in RUBBISH.items():
        gateway.answer(reply)
        found = outcome(code, name, settings)
        assert is_harmless(found), (kind, found)


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_redirect_is_not_followed(gateway: FakeGateway, code: str) -> None:
    with running_gateway() as elsewhere:
        elsewhere.answer({"result": 100})
        gateway.answer(Reply(302, b"", {"Location": elsewhere.url}))

        outcome(code, "query", every.settings(code, gateway.url))

        assert elsewhere.asked == []


@pytest.mark.parametrize(("code", "name"), NETWORKED)
def test_only_the_sandbox_may_be_on_this_machine(
    gateway: FakeGateway, code: str, name: str
) -> None:
    settings = every.settings(code, gateway.url) | {"sandbox": ""}

    found = outcome(code, name, settings)

    if isinstance(found, ProviderError):
        assert found.kind == "config"
        assert found.code in {"base_url", "platform_url"}
    else:
        assert found == "base_url"  # what test_connection says
    assert gateway.asked == []


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_missing_key_is_named_and_nothing_is_sent(
    gateway: FakeGateway, code: str
) -> None:
    provider = all_providers()[code]
    for one in provider.settings[1:]:
        if not one.required:
            continue
        settings = every.settings(code, gateway.url) | {one.name: " "}
        gateway.asked.clear()

        found = outcome(code, "begin", settings)

        assert isinstance(found, ProviderError)
        assert (found.kind, found.code) == ("config", one.name)
        assert not gateway.asked


@pytest.mark.parametrize("code", every.ONLINE)
def test_a_key_that_is_none_is_named(code: str) -> None:
    provider = all_providers()[code]
    for one in provider.settings:
        if not one.multiline:
            continue
        settings = every.settings(code, dead_port()) | {one.name: "-----not a key"}
        found = [outcome(code, name, settings) for name in ("begin", "query")]
        errors = [e for e in found if isinstance(e, ProviderError)]
        assert ("config", one.name) in {(e.kind, e.code) for e in errors}


SECRETS = "secret-of-the-owner-%s"


@pytest.mark.parametrize(("code", "name"), NETWORKED)
def test_case_53_no_secret_leaves_by_an_error_a_log_or_a_repr(
    gateway: FakeGateway, caplog: pytest.LogCaptureFixture, code: str, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = all_providers()[code]
    settings = every.settings(code, gateway.url)
    for one in provider.settings:
        if one.secret and not one.multiline:
            settings[one.name] = (SECRETS % one.name).ljust(32, "x")[:32]
    hidden = [settings[s.name][:32] for s in provider.settings if s.secret]
    hidden += [line for s in hidden for line in s.splitlines() if len(line) > 20]

    told = []
    for url in (gateway.url, dead_port()):
        found = outcome(code, name, settings | {"base_url": url})
        told += [repr(found), str(found)]
        if isinstance(found, ProviderError):
            told += [repr(found.__cause__), repr(found.args)]
            assert found.__cause__ is None or found.__suppress_context__
    told.append(caplog.text)

    for secret in hidden:
        assert secret not in "\n".join(told)


@pytest.mark.parametrize("code", ALL)
def test_begin_sends_browsers_only_where_hosts_says(code: str) -> None:
    provider = all_providers()[code]
    if code in every.ASKS_FIRST or code in every.BY_HAND:
        return
    settings = every.settings(code, "")

    began = provider.begin(every.fresh(code), make.URLS, settings)

    url = urlsplit(began.next.url)
    assert f"{url.scheme}://{url.netloc}" in provider.hosts(settings)


@pytest.mark.parametrize("code", ALL)
def test_hosts_are_origins_and_nothing_else(code: str) -> None:
    settings = {k: v for k, v in every.settings(code, "").items() if k != "sandbox"}
    hosts = all_providers()[code].hosts(settings)

    for host in hosts:
        assert re.fullmatch(r"https://(\*\.)?[a-z0-9.\-]+", host)
    if all_providers()[code].caps.flows & {"form_post", "redirect"}:
        assert hosts


@pytest.mark.parametrize("code", every.ONLINE)
def test_case_40_begin_freezes_the_attempts_amount(code: str) -> None:
    provider = all_providers()[code]
    amount = Money(
        123_457 if provider.caps.currency == "CNY" else 1_234_570,
        provider.caps.currency,
    )
    wanted = {"CNY": ("123457", "1234.57"), "IRR": ("1234570",)}[amount.currency]
    with running_gateway() as gateway:
        gateway.answer({})
        attempt = every.fresh(code, amount=amount)

        try:
            began = provider.begin(
                attempt, make.URLS, every.settings(code, gateway.url)
            )
            sent = f"{began.next.url} {dict(began.next.fields)}"
        except ProviderError:
            sent = gateway.asked[0].body.decode() + gateway.asked[0].path

    numbers = re.findall(
        r"(?<![0-9.])[0-9]+(?:\.[0-9]+)?(?![0-9.])", unquote_plus(sent)
    )
    assert len([n for n in numbers if n in wanted]) == 1
    assert "1.23" not in sent  # no exponent, no float


FORGED_FORMS: list[list[tuple[str, str]]] = [
    [],
    [("a", "b")],
    [("sign", "x"), ("sign_type", "RSA2"), ("trade_status", "TRADE_SUCCESS")],
    [("signature", "x"), ("signPubKeyCert", "x"), ("respCode", "00")],
    [("out_trade_no", make.REF)] * 2,
    [("orderId", make.REF), ("respCode", "00"), ("txnAmt", "10000")],
    [(str(n), "x") for n in range(1000)],
    [("out_trade_no", "\ud800"), ("sign", "\ud800"), ("sign_type", "RSA2")],
]
FORGED_BODIES = [
    b"", b"{}", b"null", b"[]", b"\x00" * 100, b"<xml/>", b"{" * 10_000, b"x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("code", ALL)
def test_a_forged_notification_is_nothing(gateway: FakeGateway, code: str) -> None:
    provider = all_providers()[code]
    settings = every.settings(code, gateway.url)
    requests = [make.posted(form, body=b"x") for form in FORGED_FORMS]
    requests += [make.posted([], body=body) for body in FORGED_BODIES]
    requests += [
        RawRequest("POST", "/", (), (), body, {"wechatpay-serial": "x"})
        for body in FORGED_BODIES
    ]
    requests += [
        make.visited("trackId=1&success=1"),
        RawRequest("GET", "", (), (), b"", {}),
    ]

    for request in requests:
        event, ack = provider.handle_notify(request, settings, make.NOW)
        assert event is None
        assert ack.status >= 400
        assert b"success" not in ack.body.lower()
    assert gateway.asked == []


@pytest.mark.parametrize("code", every.SIGNED)
def test_the_provider_is_asked_to_send_again(code: str) -> None:
    ack = all_providers()[code].retry_ack()

    assert ack.status >= 500
    assert b"success" not in ack.body.lower()


STRANGE_RETURNS = [
    "", "a=b", "Authority=&Status=OK", "trackId=&success=1", "ResNum=&RefNum=",
    "out_trade_no=%00", "orderId=%F0%9F%92%A5", "RefId=%27%20OR%201%3D1",
    "Authority=" + "A" * 5_000, "ResNum=12&ResNum=13", "trackId=1e3",
]  # fmt: skip


@pytest.mark.parametrize("code", ALL)
def test_case_16_a_strange_return_means_nobody(code: str) -> None:
    provider = all_providers()[code]
    for query in STRANGE_RETURNS:
        asked = make.visited(query)
        posted = RawRequest("POST", "/", (), asked.query, b"", {})

        assert provider.parse_return(asked) is None
        assert provider.parse_return(posted) is None


@pytest.mark.parametrize("code", ALL)
def test_what_a_browser_claims_stays_small(code: str) -> None:
    names = ("Authority", "trackId", "RefId", "ResNum", "out_trade_no", "orderId")
    values = (every.begun(code).provider_ref, make.REF)
    pairs = [
        [(name, value) for name in names]
        + [(extra, "x" * 10_000) for extra in ("Status", "State", "RefNum", "success")]
        for value in values
    ]
    for given in pairs:
        request = RawRequest("POST", "/", given, given, b"", {})
        hint = all_providers()[code].parse_return(request)
        if hint is not None:
            assert bool(hint.attempt_ref) != bool(hint.provider_ref)
            assert all(len(value) <= 64 for value in hint.claims.values())


@pytest.mark.parametrize("code", every.BY_HAND)
def test_what_staff_confirm_can_never_pay_itself(code: str) -> None:
    provider = all_providers()[code]
    settings = every.settings(code, "")
    attempt = every.begun(code)

    for event in (
        provider.query(attempt, settings),
        provider.handle_return(attempt, every.hint(code), settings),
        provider.close(attempt, settings),
    ):
        assert event.outcome is Outcome.UNKNOWN
    assert provider.caps.flows == {"instructions"}
    assert provider.hosts(settings) == frozenset()


@pytest.mark.parametrize("code", ["mellat", "sep", "zarinpal", "zibal"])
def test_case_42_a_rial_gateway_gets_the_exact_integer_in_rial(
    gateway: FakeGateway, code: str
) -> None:
    """1,250,000 rial is 125,000 toman: neither a tenth nor tenfold, and no float."""
    with contextlib.suppress(ProviderError):
        all_providers()[code].begin(
            every.fresh(code), make.URLS, every.settings(code, gateway.url)
        )

    sent = gateway.asked[0].body.decode()
    amounts = re.findall(r"(?i)amount[\"'>:\s]+([0-9.]+)", sent)
    assert amounts == ["1250000"]
    assert "IRT" not in sent
    assert (code != "zarinpal") or '"currency": "IRR"' in sent
