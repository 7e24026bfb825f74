"""Kavenegar, an Iranian SMS service: ``reference/payments.md`` 8.1.

Templates belong to the panel of the account; here any name is one, unless a
file ``kavenegar_templates.json`` (name to text with ``%token``) lists them.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify, make_response, request

from shop.sandbox.box import Box
from shop.sandbox.web import fault, new_app, spoil

TOKENS = ("token", "token2", "token3", "token10", "token20")
MESSAGES = {
    200: "تایید شد",
    400: "پارامترها ناقص هستند",
    402: "عملیات ناموفق بود",
    403: "کد شناسائی API-Key معتبر نمی‌باشد",
    406: "پارامترهای اجباری خالی ارسال شده اند",
    411: "دریافت کننده نامعتبر است",
    412: "ارسال کننده نامعتبر است",
    413: "پیام خالی است و یا طول پیام بیش از حد مجاز می‌باشد",
    418: "اعتبار حساب شما کافی نیست",
    424: "الگوی مورد نظر پیدا نشد",
    431: "ساختار کد صحیح نمی‌باشد",
    432: "پارامتر کد در متن پیام پیدا نشد",
}
_PHONE = re.compile(r"(\+98|0098|98|0)?9\d{9}")


Work = Callable[[dict[str, str]], list[dict[str, Any]] | dict[str, Any]]


class Refused(Exception):
    """A call answered with a status other than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Kavenegar:
    """Sends to the inbox; the API key is part of the path."""

    code = "kavenegar"

    def __init__(self, box: Box) -> None:
        self.box = box
        self.app: Flask = new_app(self.code)
        calls: dict[str, Work] = {
            "verify/lookup": self._lookup,
            "sms/send": self._send,
            "sms/status": self._status,
            "account/info": self._info,
        }
        for path, work in calls.items():
            self.app.add_url_rule(
                f"/v1/<key>/{path}.json",
                path,
                self._call(path.partition("/")[2], work),
                methods=["GET", "POST"],
            )

    def _call(self, op: str, work: Work) -> Callable[[str], Response]:
        def run(key: str) -> Response:
            status: int = 200
            entries: list[dict[str, Any]] | dict[str, Any] = []
            try:
                self._check(key)
                entries = work({**request.args.to_dict(), **request.form.to_dict()})
            except Refused as refused:
                status = refused.status
            answer = {
                "return": {"status": status, "message": MESSAGES.get(status, "خطا")},
                "entries": entries or None,
            }
            return make_response(jsonify(answer), status)

        def view(key: str) -> Response:
            return spoil(self.box.faults.take(self.code, op), lambda: run(key))

        return view

    def _check(self, key: str) -> None:
        """Refuse a wrong key, and what a fault switch says.

        :raises Refused: with the status.
        """
        found = fault()
        if found and found.kind == "error":
            raise Refused(int(found.argument or 402))
        if key != self.box.keys.kavenegar_api_key:
            raise Refused(403)

    def _entry(self, to: str, sender: str, text: str, template: str) -> dict[str, Any]:
        number = str(self.box.number())
        message = self.box.inbox.add(
            "sms", self.code, to, sender, text, template=template, number=number
        )
        return {
            "messageid": int(message.id),
            "message": text,
            "status": 5,
            "statustext": "ارسال به مخابرات",
            "sender": sender,
            "receptor": to,
            "date": int(message.at),
            "cost": 1200,
        }

    def _lookup(self, given: dict[str, str]) -> list[dict[str, Any]]:
        receptor, template = given.get("receptor", ""), given.get("template", "")
        if not receptor or not template or not given.get("token"):
            raise Refused(406)
        if not _PHONE.fullmatch(receptor):
            raise Refused(411)
        if any(re.search(r"\s", given.get(name, "")) for name in TOKENS[:3]):
            raise Refused(431)
        text = self._fill(template, given)
        return [self._entry(receptor, self.box.keys.kavenegar_sender, text, template)]

    def _fill(self, template: str, given: dict[str, str]) -> str:
        path = self.box.directory / "kavenegar_templates.json"
        if not path.exists():
            return "\n".join(given[name] for name in TOKENS if given.get(name))
        templates: dict[str, str] = json.loads(path.read_text("utf-8"))
        if template not in templates:
            raise Refused(424)
        return re.sub(
            r"%(token\d*)", lambda m: given.get(m[1], ""), templates[template]
        )

    def _send(self, given: dict[str, str]) -> list[dict[str, Any]]:
        receptors = [part for part in given.get("receptor", "").split(",") if part]
        text = given.get("message", "")
        sender = given.get("sender") or self.box.keys.kavenegar_sender
        if not receptors:
            raise Refused(406)
        if not text or len(text) > 900:
            raise Refused(413)
        if sender != self.box.keys.kavenegar_sender:
            raise Refused(412)
        if not all(_PHONE.fullmatch(receptor) for receptor in receptors):
            raise Refused(411)
        return [self._entry(receptor, sender, text, "") for receptor in receptors]

    def _status(self, given: dict[str, str]) -> list[dict[str, Any]]:
        found = []
        for number in given.get("messageid", "").split(","):
            known = self.box.inbox.find(number) is not None
            status, text = (10, "رسیده به گیرنده") if known else (100, "شناسه نامعتبر")
            found.append(
                {"messageid": int(number or 0), "status": status, "statustext": text}
            )
        return found

    def _info(self, given: dict[str, str]) -> dict[str, Any]:
        return {"remaincredit": 1_000_000, "expiredate": 4102444800, "type": "master"}
