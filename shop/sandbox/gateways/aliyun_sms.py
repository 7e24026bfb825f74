"""Aliyun SMS, SendSms with signature V3: ``reference/payments.md`` 8.2."""

import hashlib
import hmac
import json
import re
import secrets
from datetime import datetime
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, request

from shop.sandbox.box import Box
from shop.sandbox.web import fault, new_app, spoil

SKEW = 900.0
VERSION = "2017-05-25"
_AUTH = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),"
    r"\s*Signature=([0-9a-f]{64})"
)
_PHONE = re.compile(r"(\+86|0086|86)?1[3-9]\d{9}")


class Refused(Exception):
    """A call answered with a code other than OK."""

    def __init__(self, code: str, status: int = 200) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def string_to_sign(
    method: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    signed: list[str],
    body: bytes,
) -> str:
    """Return what the secret signs; header names in lower case."""
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in query)
    request_text = "\n".join(
        [
            method,
            "/",
            "&".join(f"{k}={v}" for k, v in pairs),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed),
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    return "ACS3-HMAC-SHA256\n" + hashlib.sha256(request_text.encode()).hexdigest()


class AliyunSms:
    """Sends to the inbox what its template would say."""

    code = "aliyun_sms"

    def __init__(self, box: Box) -> None:
        self.box = box
        self.app: Flask = new_app(self.code)
        self.app.add_url_rule("/", "send", self._send, methods=["GET", "POST"])

    def _send(self) -> Response:
        return spoil(self.box.faults.take(self.code, "send"), self._send_work)

    def _send_work(self) -> Response:
        number = secrets.token_hex(16).upper()
        try:
            self._authenticate()
            found = fault()
            self._fail(found.argument if found and found.kind == "error" else "")
            receipt = self._deliver()
        except Refused as refused:
            answer = {"Code": refused.code, "Message": refused.code}
            return make_response(
                jsonify(answer | {"RequestId": number}), refused.status
            )
        return jsonify(
            {"Code": "OK", "Message": "OK", "BizId": receipt, "RequestId": number}
        )

    def _fail(self, code: str) -> None:
        """Fail if a fault switch says so.

        :raises Refused: with its code.
        """
        if code:
            raise Refused(code, 503 if code.startswith("isp.") else 200)

    def _authenticate(self) -> None:
        """Check action, time and signature.

        :raises Refused: as the API's front door does.
        """
        headers = {name.lower(): value for name, value in request.headers.items()}
        keys = self.box.keys
        match = _AUTH.fullmatch(headers.get("authorization", ""))
        if match is None:
            raise Refused("MissingAuthorization", 400)
        key_id, names, signature = match.groups()
        if key_id != keys.aliyun_access_key_id:
            raise Refused("InvalidAccessKeyId.NotFound", 404)
        signed = names.split(";")
        needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date"} | {
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
        }
        if signed != sorted(signed) or not needed <= set(signed):
            raise Refused("IncompleteSignature", 400)
        body = request.get_data()
        text = string_to_sign(
            request.method, list(request.args.items(multi=True)), headers, signed, body
        )
        wanted = hmac.new(
            keys.aliyun_access_key_secret.encode(), text.encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(wanted, signature) or (
            headers["x-acs-content-sha256"] != hashlib.sha256(body).hexdigest()
        ):
            raise Refused("SignatureDoesNotMatch", 400)
        try:
            sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z")
            age = self.box.clock.real() - sent.timestamp()
        except ValueError:
            age = SKEW * 2
        if abs(age) > SKEW:
            raise Refused("InvalidTimeStamp.Expired", 400)
        if (headers["x-acs-action"], headers["x-acs-version"]) != ("SendSms", VERSION):
            raise Refused("InvalidAction.NotFound", 404)

    def _deliver(self) -> str:
        """Put the message into the inbox and return its receipt.

        :raises Refused: for wrong fields.
        """
        given = {**request.args.to_dict(), **request.form.to_dict()}
        phone, template = given.get("PhoneNumbers", ""), given.get("TemplateCode", "")
        if not phone or not template or not given.get("SignName"):
            raise Refused("isv.MISSING_PARAMETERS", 400)
        if given["SignName"] != self.box.keys.aliyun_sign_name:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL")
        if not re.fullmatch(r"SMS_\w+", template):
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        if not all(_PHONE.fullmatch(part) for part in phone.split(",")):
            raise Refused("isv.MOBILE_NUMBER_ILLEGAL")
        try:
            values = json.loads(given.get("TemplateParam") or "{}")
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(
            isinstance(value, str) for value in values.values()
        ):
            raise Refused("isv.INVALID_JSON_PARAM")
        text = self._fill(template, values)
        receipt = ""
        for part in phone.split(","):
            receipt = self.box.inbox.add(
                "sms",
                self.code,
                part,
                given["SignName"],
                f"【{given['SignName']}】{text}",
                template=template,
            ).id
        return f"{receipt}^0"

    def _fill(self, template: str, values: dict[str, str]) -> str:
        """Fill a template from ``aliyun_templates.json``; without one list the values.

        :raises Refused: if the template or one of its values is missing.
        """
        path = self.box.directory / "aliyun_templates.json"
        if not path.exists():
            return " ".join(values.values())
        templates: dict[str, str] = json.loads(path.read_text("utf-8"))
        if template not in templates:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL")
        text = templates[template]
        if set(re.findall(r"\$\{(\w+)\}", text)) - set(values):
            raise Refused("isv.TEMPLATE_MISSING_PARAMETERS")
        return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text)
