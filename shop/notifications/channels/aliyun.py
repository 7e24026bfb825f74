"""Aliyun SMS, text messages in China: ``reference/payments.md`` 8.2, signature V3.

In mainland China a text is a template that was approved before, with values: the
owner names a template for each message. One without its own uses ``template`` and
gives it the whole words as ``text`` and the link or code as ``last``.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from shop.notifications.channels.service import NotSent, Outgoing, Service, Taken
from shop.notifications.rules import Channel
from shop.payments import protocol
from shop.payments.provider import OpenPoint, ProviderError, Setting

BASE_URL = "https://dysmsapi.aliyuncs.com"
ACTION, VERSION, SCHEME = "SendSms", "2017-05-25", "ACS3-HMAC-SHA256"
#: Nothing that the owner could mend while the message waits.
FINAL = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.INVALID_JSON_PARAM", "isv.PARAM_LENGTH_LIMIT",
    }
)  # fmt: skip


class AliyunSms(Service):
    """Templates by name; the service puts the sign name before each text."""

    code = "aliyun_sms"
    channel = Channel.SMS
    signs = True
    settings = (
        Setting("base_url", default=BASE_URL),
        Setting("access_key_id"),
        Setting("access_key_secret", secret=True),
        Setting("sign_name"),
        Setting("template"),
        # One a line: "paid SMS_123456789", or "paid.fa SMS_…" for one language.
        Setting("templates", required=False, multiline=True),
    )
    open_points = (
        OpenPoint(
            "How many messages one number may get a minute, an hour, a day:"
            " a refusal is tried again later.",
        ),
    )

    def send(self, out: Outgoing, settings: Mapping[str, str]) -> Taken:
        """Send the template of a message.

        :raises NotSent: with Aliyun's code.
        """
        try:
            base = protocol.base_url(settings, BASE_URL)
            query = {
                "PhoneNumbers": phone_number(out.to),
                "SignName": protocol.need(settings, "sign_name"),
                "OutId": out.name,
                **_template(out, settings),
            }
            date = f"{protocol.wire_clock():%Y-%m-%dT%H:%M:%SZ}"
            headers = signed_headers(
                Call(urlsplit(base).netloc, date, secrets.token_hex(16)),
                query,
                protocol.need(settings, "access_key_id"),
                protocol.need(settings, "access_key_secret"),
            )
            answer = protocol.call(
                "POST", f"{base}/?{canonical_query(query)}", headers=headers
            )
            body = answer.json_object()
        except ProviderError as error:
            raise NotSent(f"{error.kind} {error.code}".strip()) from None
        code = str(body.get("Code", "answer"))[:60]
        if code != "OK":
            raise NotSent(code, final=code in FINAL)
        return Taken(str(body.get("BizId", ""))[:60])


def _template(out: Outgoing, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the template of a message and the values that go into it."""
    own = dict(
        line.split()[:2]
        for line in settings.get("templates", "").splitlines()
        if len(line.split()) >= 2
    )
    code = own.get(f"{out.kind}.{out.language}") or own.get(out.kind)
    names = ("text", "last")
    values = {name: out.params[name] for name in names if out.params.get(name)}
    if code:
        values = {name: value for name, value in out.params.items() if name != "text"}
    chosen = code or protocol.need(settings, "template")
    param = json.dumps(values, ensure_ascii=False)
    return {"TemplateCode": chosen, "TemplateParam": param}


def phone_number(phone: str) -> str:
    """Write an E.164 number: eleven digits at home, else country code and number."""
    return phone.removeprefix("+86").removeprefix("+")


def canonical_query(query: Mapping[str, str]) -> str:
    """Return a query as it is signed and sent: sorted, RFC 3986."""
    pairs = sorted((_escaped(name), _escaped(value)) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


@dataclass(frozen=True)
class Call:
    """What is signed beside the query; ``date`` as ``2026-01-01T00:00:00Z``."""

    host: str
    date: str
    nonce: str
    action: str = ACTION
    version: str = VERSION


def signed_headers(
    call: Call, query: Mapping[str, str], key_id: str, key: str
) -> dict[str, str]:
    """Return the headers of a call without a body, with their signature."""
    nothing = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": call.host,
        "x-acs-action": call.action,
        "x-acs-content-sha256": nothing,
        "x-acs-date": call.date,
        "x-acs-signature-nonce": call.nonce,
        "x-acs-version": call.version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join(["POST", "/", canonical_query(query), lines, names, nothing])
    text = f"{SCHEME}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (
        f"{SCHEME} Credential={key_id},SignedHeaders={names},Signature={signature}"
    )
    return headers


SERVICE = AliyunSms()
