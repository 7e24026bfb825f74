"""Forged and altered callbacks, as many as wanted, against every provider.

    python -m tests.proof.forgeries --count 100000

Signed providers get alterations of a genuine notification: the one that is not
altered must be believed, every other refused. Unsigned ones (Iran) get browsers
that lie, while the bank knows one small payment of somebody else: whatever a
browser says, the attempt under attack must not become paid.
"""

import argparse
import base64
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from shop.payments import protocol
from shop.payments.provider import (
    Outcome,
    ProviderError,
    RawRequest,
    all_providers,
)
from tests.payments.providers import (
    every,
    make,
    test_alipay,
    test_mellat,
    test_sep,
    test_unionpay,
    test_zarinpal,
    test_zibal,
    wechat,
)

UNSIGNED = tuple(code for code in every.ONLINE if code not in every.SIGNED)
SIGNS = ("sign", "signature", "wechatpay-signature")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Result:
    """How one provider stood up to it; ``accepted`` must be 0."""

    code: str
    tried: int
    accepted: int
    kinds: dict[str, int]
    seconds: float


def genuine(code: str) -> RawRequest:
    """Return a notification that the provider's own key signed."""
    if every.family(code) == "wechat":
        return wechat.notice(wechat.sealed(wechat.paid()))
    form = (
        test_alipay.signed(test_alipay.paid())
        if every.family(code) == "alipay"
        else test_unionpay.signed(test_unionpay.paid())
    )
    return make.posted(form)


def meaning(request: RawRequest) -> Any:
    """Return what a signature covers: the same meaning is no forgery.

    Empty fields are nothing to both canonical texts, and a header that repeats
    the default says nothing.
    """
    if request.form or "form" in request.headers.get("content-type", ""):
        return sorted((k, v) for k, v in request.form if v)
    said = {
        name: value
        for name, value in request.headers.items()
        if name.startswith("wechatpay-")
    }
    said.setdefault("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048")
    return request.body, said


def with_form(request: RawRequest, pairs: Pairs) -> RawRequest:
    return replace(
        request, form=pairs, body=urlencode(pairs, errors="replace").encode()
    )


def _letter(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text)) if text else 0
    new = rng.choice("0123456789abcXYZ +/=&%\x00\n۱１é")
    return rng.choice(
        [text[:at] + new + text[at + 1 :], text[:at] + new + text[at:], text[:at]]
    )


def _changed(pairs: Pairs, rng: random.Random) -> Pairs:
    at = rng.randrange(len(pairs))
    name, value = pairs[at]
    return [*pairs[:at], (name, _letter(value, rng)), *pairs[at + 1 :]]


def _renamed(pairs: Pairs, rng: random.Random) -> Pairs:
    at = rng.randrange(len(pairs))
    name, value = pairs[at]
    new = rng.choice([name.upper(), f" {name}", f"{name}[]", _letter(name, rng)])
    return [*pairs[:at], (new, value), *pairs[at + 1 :]]


def _dropped(pairs: Pairs, rng: random.Random) -> Pairs:
    at = rng.randrange(len(pairs))
    return pairs[:at] + pairs[at + 1 :]


def _doubled(pairs: Pairs, rng: random.Random) -> Pairs:
    name, value = rng.choice(pairs)
    twin = (name, rng.choice([value, _letter(value, rng), "0.01", "TRADE_SUCCESS"]))
    return [*pairs, twin] if rng.random() < 0.5 else [twin, *pairs]


def _added(pairs: Pairs, rng: random.Random) -> Pairs:
    extra = ("refund_fee", "gmt_refund", "total_amount2", "zz", "aa", "respCode2")
    return [*pairs, (rng.choice(extra), str(rng.randrange(1, 10**6)))]


def _swapped(pairs: Pairs, rng: random.Random) -> Pairs:
    first, second = rng.sample(range(len(pairs)), 2)
    out = list(pairs)
    out[first] = (pairs[first][0], pairs[second][1])
    out[second] = (pairs[second][0], pairs[first][1])
    return out


def _shifted(pairs: Pairs, rng: random.Random) -> Pairs:
    """Let one value swallow the next field: the signed text stays the same."""
    kept = sorted(pair for pair in pairs if pair[0] not in SIGNS)
    at = rng.randrange(len(kept) - 1)
    (name, value), (gone, lost) = kept[at], kept[at + 1]
    rest = [pair for pair in pairs if pair not in (kept[at], kept[at + 1])]
    return [*rest, (name, f"{value}&{gone}={lost}")]


def _resigned(pairs: Pairs, rng: random.Random) -> Pairs:
    """Sign other facts with a stranger's key, or leave a foreign signature."""
    fields = dict(pairs)
    name = next(name for name in SIGNS if name in fields)
    victim = rng.choice([key for key in fields if key not in SIGNS])
    fields[victim] = _letter(fields[victim], rng)
    if rng.random() < 0.5:
        random_bytes = rng.randbytes(256)
        fields[name] = base64.b64encode(random_bytes).decode()
    elif name == "sign":
        rest = {k: v for k, v in fields.items() if k not in ("sign", "sign_type")}
        return list(test_alipay.signed(rest, "stranger").items())
    else:
        bare = {k: v for k, v in fields.items() if k not in (name, "signPubKeyCert")}
        return list(test_unionpay.signed(bare, "stranger").items())
    return list(fields.items())


_FORM_KINDS: dict[str, Callable[[Pairs, random.Random], Pairs]] = {
    "changed": _changed,
    "renamed": _renamed,
    "dropped": _dropped,
    "doubled": _doubled,
    "added": _added,
    "swapped": _swapped,
    "shifted": _shifted,
    "resigned": _resigned,
}


def _body_kind(request: RawRequest, rng: random.Random) -> tuple[str, RawRequest]:
    """Alter bytes, headers, seal or signer of a WeChat notification."""
    kind = rng.choice(
        ["bit", "cut", "space", "header", "no_header", "old", "key", "seal", "json"]
    )
    body, said = bytearray(request.body), dict(request.headers)
    if kind == "bit":
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del body[rng.randrange(len(body)) :]
    elif kind == "space":
        body.insert(rng.randrange(len(body)), rng.choice(b" \n\t"))
    elif kind in {"header", "no_header"}:
        name = rng.choice([n for n in said if n.startswith("wechatpay-")])
        said[name] = _letter(said[name], rng) if kind == "header" else ""
    elif kind == "old":
        past = make.NOW + timedelta(
            seconds=rng.choice([-1, 1]) * rng.randrange(300, 9**9)
        )
        said |= wechat.marks(request.body, stamp=str(int(past.timestamp())))
    elif kind == "key":
        body = bytearray(wechat.sealed(wechat.paid(out_trade_no=str(rng.random()))))
        said |= wechat.marks(bytes(body), "stranger")
    elif kind == "seal":  # signed by WeChat, sealed by somebody else
        envelope = json.loads(request.body)
        text = bytearray(base64.b64decode(envelope["resource"]["ciphertext"]))
        text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
        envelope["resource"]["ciphertext"] = base64.b64encode(text).decode()
        body = bytearray(json.dumps(envelope).encode())
        said |= wechat.marks(bytes(body))
    else:
        envelope = json.loads(request.body)
        envelope[rng.choice(list(envelope))] = rng.choice(["x", 1, None, [], {}])
        body = bytearray(json.dumps(envelope).encode())
    return kind, replace(request, body=bytes(body), headers=said)


def alterations(code: str, rng: random.Random) -> Iterator[tuple[str, RawRequest]]:
    """Yield altered notifications for ever, each with its kind."""
    real = genuine(code)
    truth = meaning(real)
    while True:
        if real.form:
            kind = rng.choice(list(_FORM_KINDS))
            pairs = list(real.form)
            for _round in range(rng.choice([1, 1, 1, 2])):
                pairs = _FORM_KINDS[kind](pairs, rng)
            request = with_form(real, pairs)
        else:
            kind, request = _body_kind(real, rng)
        if meaning(request) != truth:
            yield kind, request


def _tell(what: str, request: RawRequest) -> None:
    print(f"{what}: {request.form or request.body!r}"[:600], file=sys.stderr)  # noqa: T201


def attack_signed(code: str, count: int, seed: int = 1) -> Result:
    """Send ``count`` altered notifications; the genuine one must be believed."""
    provider, settings = all_providers()[code], every.settings(code, "")
    event, _ack = provider.handle_notify(genuine(code), settings, make.NOW)
    if event is None or event.outcome is not Outcome.PAID:
        raise AssertionError(f"{code} refuses what is genuine")
    kinds: Counter[str] = Counter()
    accepted, began = 0, time.monotonic()
    forged = alterations(code, random.Random(seed))
    for _number in range(count):
        kind, request = next(forged)
        kinds[kind] += 1
        event, ack = provider.handle_notify(request, settings, make.NOW)
        if event is not None or ack.status < 400:
            accepted += 1
            _tell(f"{code}: {kind} accepted", request)
    return Result(code, count, accepted, dict(kinds), time.monotonic() - began)


_SMALL = 10_000  # what somebody else has really paid, in rial


def _bank(code: str, body: bytes) -> bytes:
    """Answer as a bank that knows one small payment of another attempt."""
    if code == "zarinpal":
        said = json.loads(body)
        mine = said.get("authority") == test_zarinpal.OTHER
        if mine and said.get("amount") in {_SMALL, None}:
            ok = {"code": 100, "ref_id": 7, "status": "PAID"}
            return json.dumps({"data": ok, "errors": []}).encode()
        code_ = -50 if mine else -51
        return json.dumps({"data": [], "errors": {"code": code_}}).encode()
    if code == "zibal":
        said = json.loads(body)
        if str(said.get("trackId")) == "99":
            return json.dumps(
                test_zibal.paid(amount=_SMALL, orderId="777777777777")
            ).encode()
        return b'{"result":202,"status":-1}'
    if code == "mellat":
        text = body.decode()
        name = re.search(r"<bp:(\w+)>", text)
        ours = "<saleReferenceId>777<" in text and "<saleOrderId>777777777777<" in text
        answer = "0" if ours else "42"
        operation = name[1] if name else ""
        return (
            f'<e xmlns:n="{test_mellat.NS}"><n:{operation}Response><return>{answer}'
            f"</return></n:{operation}Response></e>"
        ).encode()
    said = json.loads(body)
    if said.get("RefNum") == test_sep.REF_NUM:
        return json.dumps(
            test_sep.verified(OrginalAmount=_SMALL, AffectiveAmount=_SMALL)
        ).encode()
    return b'{"ResultCode":-2}'


@contextmanager
def bank(code: str) -> Iterator[None]:
    """Put that bank in the place of the network."""
    real = protocol.call

    def call(
        method: str, url: str, body: bytes = b"", headers: Any = None, *, most: int = 0
    ) -> protocol.Answer:
        return protocol.Answer(200, _bank(code, body), {})

    protocol.call = call
    try:
        yield
    finally:
        protocol.call = real


_CLAIMS: dict[str, dict[str, list[str]]] = {
    "zarinpal": {
        "Authority": [test_zarinpal.AUTHORITY, test_zarinpal.OTHER],
        "Status": ["OK", "NOK", "ok", "100"],
    },
    "zibal": {
        "trackId": [test_zibal.TRACK, "99"],
        "success": ["1", "0", "true"],
        "status": ["1", "2"],
        "orderId": [make.REF, "777777777777", ""],
    },
    "mellat": {
        "RefId": [test_mellat.REF_ID, test_mellat.REF_ID.lower(), "BBBBBBBBBB"],
        "ResCode": ["0", "17", "43", "45"],
        "SaleOrderId": [make.REF, "777777777777", ""],
        "SaleReferenceId": ["777", "1", ""],
        "FinalAmount": ["1250000", "1", ""],
    },
    "sep": {
        "ResNum": [make.REF, "777777777777"],
        "RefNum": [test_sep.REF_NUM, "0000000000000000", ""],
        "State": ["OK", "CanceledByUser"],
        "Status": ["2", "1", "0"],
        "Token": [test_sep.TOKEN, "0" * 32, ""],
        "Amount": ["1250000"],
    },
}


def lies(code: str, rng: random.Random) -> Iterator[RawRequest]:
    """Yield returning browsers that claim anything, for ever."""
    while True:
        pairs = [
            (name, rng.choice(values))
            for name, values in _CLAIMS[code].items()
            if rng.random() < 0.95
        ]
        if pairs and rng.random() < 0.3:
            pairs = _changed(pairs, rng)
        if pairs and rng.random() < 0.1:
            pairs = _doubled(pairs, rng)
        yield RawRequest("POST", "/", pairs, pairs, b"", {})


def attack_unsigned(code: str, count: int, seed: int = 1) -> Result:
    """Let ``count`` browsers lie; only the full amount counts as believed."""
    provider, attempt = all_providers()[code], every.begun(code, meta={})
    settings = every.settings(code, "http://127.0.0.1:9")
    accepted, began = 0, time.monotonic()
    kinds: Counter[str] = Counter()
    told = lies(code, random.Random(seed))
    with bank(code):
        for _number in range(count):
            request = next(told)
            notice, ack = provider.handle_notify(request, settings, make.NOW)
            hint = provider.parse_return(request)
            event = None
            if hint is None:
                kinds["nobody"] += 1
            else:
                try:
                    event = provider.handle_return(attempt, hint, settings)
                    kinds[event.outcome.value] += 1
                except ProviderError as error:
                    kinds[error.kind] += 1
            whole = event is not None and event.amount == attempt.amount
            believed = event is not None and event.outcome is Outcome.PAID and whole
            if believed or notice is not None or ack.status < 400:
                accepted += 1
                _tell(f"{code}: accepted", request)
    return Result(code, count, accepted, dict(kinds), time.monotonic() - began)


def attack(code: str, count: int, seed: int = 1) -> Result:
    """Attack one provider in the way that fits it."""
    return (attack_signed if code in every.SIGNED else attack_unsigned)(
        code, count, seed
    )


def main() -> int:
    """Attack every online provider and print a table; 1 if one believed a lie."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--provider", choices=every.ONLINE, action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = []
    for code in asked.provider or every.ONLINE:
        result = attack(code, asked.count, asked.seed)
        results.append(result)
        if not asked.json:
            line = f"{code:<16}{result.tried:>9,} tried {result.accepted:>3} accepted"
            print(f"{line} {result.seconds:>7.1f} s  {result.kinds}")  # noqa: T201
    if asked.json:
        print(json.dumps([vars(one) for one in results], indent=1))  # noqa: T201
    return 1 if any(one.accepted for one in results) else 0


if __name__ == "__main__":
    sys.exit(main())
