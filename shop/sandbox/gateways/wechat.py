"""WeChat Pay API v3, direct merchant, public key mode: ``reference/payments.md`` 2."""

import base64
import hashlib
import json
import random
import re
import secrets
import string
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, Response, request

from shop.sandbox import bills, signing
from shop.sandbox.box import Box
from shop.sandbox.clock import BEIJING
from shop.sandbox.gateways.base import Gateway
from shop.sandbox.ledger import Refund, State, Trade
from shop.sandbox.notify import Delivery
from shop.sandbox.web import fault, fault_is, redirect_to

DAY = 86400.0
SKEW = 300.0
CODE_LIVES = {"NATIVE": 7200.0, "JSAPI": 7200.0, "MWEB": 300.0}
CLOSED_AFTER = 7 * DAY
REFUND_WITHIN = 365 * DAY
MAX_REFUNDS = 50
CODE_OF_NAME_LIVES = 300.0
REFUND_TAKES = 5.0
"""Unscaled seconds until an accepted refund has arrived."""
PROBE_CHANCE = 0.01
TYPES = {"native": "NATIVE", "h5": "MWEB", "jsapi": "JSAPI"}
SCHEME = "WECHATPAY2-SHA256-RSA2048"
STATES = {
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "NOTPAY": "订单未支付",
    "CLOSED": "订单已关闭",
    "USERPAYING": "用户支付中，需要验证身份",
    "ACCEPT": "已接收，等待扣款",
}
#: An order may stand so for a while and still be paid.
OPEN_AS = ("USERPAYING", "ACCEPT")
_AUTH = re.compile(r'(\w+)="([^"]*)"')


class Refused(Exception):
    """A call answered with an HTTP error; such answers are not signed."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


def wrong(message: str) -> Refused:
    """Make the answer to a wrong parameter."""
    return Refused(400, "PARAM_ERROR", message)


def _text(body: dict[str, Any], name: str, pattern: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise wrong(f"输入源“/body/{name}”映射到字段“{name}”规则校验失败")
    return value


def _amount(body: dict[str, Any], name: str) -> int:
    amount = body.get("amount")
    value = amount.get(name) if isinstance(amount, dict) else None
    if type(value) is not int or not 1 <= value <= 10_000_000_000:
        raise wrong(f"输入源“/body/amount/{name}”必须是正整数，单位为分")
    return value


class WechatPay(Gateway):
    """Orders, their pages for the phone, refunds, encrypted notifications."""

    code = "wechat"
    title = "微信支付收银台（模拟）"
    lang = "zh"
    ladder = (0, 15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600) + (
        (10800,) * 3 + (21600,) * 2
    )
    answer_within = 5.0

    def __init__(self, box: Box) -> None:
        keys = box.keys
        self._merchant_key = signing.public_key(keys.wechat_merchant_public_key)
        self._key = signing.private_key(keys.wechat_platform_private_key)
        self._other_key = signing.private_key(keys.alipay_private_key)
        self._bills: dict[str, bytes] = {}
        self._codes: dict[str, float] = {}
        self._aead = AESGCM(keys.wechat_apiv3_key.encode())
        super().__init__(box)

    def routes(self, app: Flask) -> None:
        """Add the API, and where the three products open on a phone."""
        pay = "/v3/pay/transactions"
        rules: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
            *(
                ("POST", f"{pay}/{kind}", kind, self._create_as(trade_type))
                for kind, trade_type in TYPES.items()
            ),
            ("GET", f"{pay}/out-trade-no/<number>", "query", self._query),
            ("GET", f"{pay}/id/<number>", "query_id", self._query_id),
            ("POST", f"{pay}/out-trade-no/<number>/close", "close", self._close),
            ("POST", "/v3/refund/domestic/refunds", "refund", self._refund),
            (
                "GET",
                "/v3/refund/domestic/refunds/<number>",
                "refund_query",
                self._refund_query,
            ),
            ("GET", "/v3/certificates", "certificates", self._certificates),
            ("GET", "/v3/bill/tradebill", "bill", self._bill),
        )
        for method, path, op, work in rules:
            app.add_url_rule(path, op, self._call(op, work), methods=[method])
        app.add_url_rule("/pay", "scan", self._scan)
        app.add_url_rule("/cgi-bin/mmpayweb-bin/checkmweb", "h5_page", self._h5_page)
        app.add_url_rule("/jsapi", "jsapi_page", self._jsapi_page)
        app.add_url_rule("/cashier/<token>", "cashier", self._cashier)
        app.add_url_rule("/cashier/<token>", "press", self._press, methods=["POST"])
        app.add_url_rule("/connect/oauth2/authorize", "authorize", self._authorize)
        app.add_url_rule("/sns/oauth2/access_token", "access_token", self._name)
        app.add_url_rule("/v3/billdownload/file", "bill_file", self._bill_file)

    # Envelope

    def _call(self, op: str, work: Callable[..., Any]) -> Callable[..., Response]:
        def run(**values: str) -> Response:
            try:
                body = self._authenticate()
                with self.box.ledger.lock:
                    content = work(body, **values)
            except Refused as refused:
                text = json.dumps(
                    {"code": refused.code, "message": refused.message},
                    ensure_ascii=False,
                )
                return Response(text, refused.status, content_type="application/json")
            return self._sign_answer(content)

        return lambda **values: self.answer(op, lambda: run(**values))

    def _authenticate(self) -> dict[str, Any]:
        """Check who calls, and return the body.

        :raises Refused: 401 for anything wrong with the signature.
        """
        found = fault()
        if found and found.kind == "error":
            status, _, code = found.argument.partition(":")
            raise Refused(int(status or 500), code or "SYSTEM_ERROR", "系统错误")
        raw = request.get_data(cache=True)
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        given = dict(_AUTH.findall(rest))
        keys = self.box.keys
        if scheme != SCHEME or not given.get("signature"):
            raise Refused(401, "SIGN_ERROR", "Http头缺少Authorization或格式错误")
        if given.get("mchid") != keys.wechat_mchid:
            raise Refused(401, "SIGN_ERROR", "商户号错误")
        if given.get("serial_no") != keys.wechat_merchant_serial:
            raise Refused(401, "SIGN_ERROR", "商户证书序列号有误")
        stamp = given.get("timestamp", "")
        if not stamp.isdecimal() or abs(self.box.clock.real() - int(stamp)) > SKEW:
            raise Refused(401, "SIGN_ERROR", "Http头Authorization值时间戳已过期")
        path = str(request.environ.get("REQUEST_URI", request.full_path))
        head = f"{request.method}\n{path}\n{stamp}\n{given.get('nonce_str', '')}\n"
        signed = head.encode() + raw + b"\n"
        if not signing.verifies(self._merchant_key, given["signature"], signed):
            raise Refused(401, "SIGN_ERROR", "签名错误，请检查后再试")
        serial = request.headers.get("Wechatpay-Serial")
        if serial not in {None, keys.wechat_platform_public_key_id}:
            raise wrong("微信支付公钥ID错误")
        if request.method == "GET":
            return {}
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise wrong("请求体不是 JSON")
        return body

    def _signature(self, raw: bytes, bad: bool = False) -> dict[str, str]:
        """Return the headers that prove a body comes from here."""
        stamp, nonce = str(int(self.box.clock.real())), secrets.token_hex(16)
        key = self._other_key if bad else self._key
        sign = signing.sign(key, f"{stamp}\n{nonce}\n".encode() + raw + b"\n")
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.box.keys.wechat_platform_public_key_id,
            "Wechatpay-Signature": sign,
            "Wechatpay-Signature-Type": SCHEME,
            "Request-ID": secrets.token_hex(8),
        }

    def _sign_answer(self, content: dict[str, Any] | None) -> Response:
        """Answer 200 with a signed body, or 204 with a signed nothing."""
        if content and fault_is("wrong_amount") and "amount" in content:
            content = content | {"amount": content["amount"] | {"total": 1}}
        raw = b"" if content is None else _json(content)
        answer = Response(raw, 204 if content is None else 200)
        answer.content_type = "application/json; charset=utf-8"
        if not fault_is("unsigned"):
            answer.headers.update(self._signature(raw, fault_is("bad_sig")))
        return answer

    def _certificates(self, body: dict[str, Any]) -> dict[str, Any]:
        raise Refused(
            404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥"
        )

    # Orders

    def _create_as(self, trade_type: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda body: self._create(body, trade_type)

    def _create(self, body: dict[str, Any], trade_type: str) -> dict[str, Any]:
        ref, amount = self._check(body, trade_type)
        trade = self.box.ledger.named(self.code, f"ref:{ref}")
        asked = json.dumps(body, sort_keys=True) + trade_type
        if trade is None:
            trade = Trade(
                self.code,
                f"42000{self.box.number():023d}",
                ref,
                amount,
                "CNY",
                self.box.clock.now(),
                state=State.WAITING,
                data={"asked": asked},
            )
        self.expire(trade)
        if trade.paid_at is not None:
            raise Refused(400, "ORDERPAID", "该订单已支付")
        if trade.state is State.CLOSED:
            raise Refused(400, "ORDER_CLOSED", "该订单已关闭")
        if trade.data["asked"] != asked:
            raise Refused(
                400,
                "INVALID_REQUEST",
                "请求重入时，参数与首次请求时不一致（268498688）",
            )
        token = secrets.token_urlsafe(6)
        prepay = f"wx{self.box.clock.at(None, BEIJING):%d%H%M%S}{secrets.token_hex(13)}"
        trade.data |= {
            "trade_type": trade_type,
            "subject": body["description"],
            "attach": body.get("attach"),
            "notify_url": body["notify_url"],
            "token": token,
            "openid": (body.get("payer") or {}).get("openid", "")
            or "o" + secrets.token_hex(13),
            "code_until": self.box.clock.now() + CODE_LIVES[trade_type],
            "expires_at": self._expires_at(body),
        }
        trade.names = [f"ref:{ref}", f"token:{token}", f"prepay:{prepay}"]
        self.box.ledger.save(trade)
        if trade_type == "NATIVE":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={token}"}
        if trade_type == "JSAPI":
            return {"prepay_id": prepay}
        path = f"/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={prepay}&package={token}"
        return {"h5_url": self.box.url("wechat", path)}

    def _check(self, body: dict[str, Any], trade_type: str) -> tuple[str, int]:
        """Return number and amount of an order whose fields are all right.

        :raises Refused: for the first one that is not.
        """
        keys = self.box.keys
        if body.get("appid") != keys.wechat_appid or (
            body.get("mchid") != keys.wechat_mchid
        ):
            raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")
        ref = _text(body, "out_trade_no", r"[0-9A-Za-z_\-|*]{6,32}")
        _text(body, "description", r".{1,127}")
        notify = urlsplit(_text(body, "notify_url", r".{1,255}"))
        if notify.scheme not in {"http", "https"} or not notify.netloc or notify.query:
            raise wrong("notify_url 不能携带参数")
        amount = _amount(body, "total")
        if body["amount"].get("currency", "CNY") != "CNY":
            raise wrong("currency 只支持 CNY")
        if trade_type == "MWEB":
            scene = body.get("scene_info")
            scene = scene if isinstance(scene, dict) else {}
            info = scene.get("h5_info")
            if not scene.get("payer_client_ip") or not isinstance(info, dict):
                raise wrong("H5 支付必须上送 scene_info")
            if info.get("type") not in {"iOS", "Android", "Wap"}:
                raise wrong("h5_info.type 错误")
        payer = body.get("payer")
        if trade_type == "JSAPI" and (
            not isinstance(payer, dict) or not payer.get("openid")
        ):
            raise wrong("JSAPI 支付必须传 openid")
        return ref, amount

    def _expires_at(self, body: dict[str, Any]) -> float:
        now = self.box.clock.now()
        if (moment := body.get("time_expire")) is None:
            return now + CLOSED_AFTER
        try:
            when = datetime.fromisoformat(str(moment))
        except ValueError:
            raise wrong("time_expire 格式错误") from None
        if when.tzinfo is None:
            raise wrong("time_expire 格式错误")
        return min(when.timestamp(), now + CLOSED_AFTER)

    def _find(self, name: str) -> Trade:
        if request.method == "GET" and (
            request.args.get("mchid") != self.box.keys.wechat_mchid
        ):
            raise wrong("mchid 错误")
        ledger = self.box.ledger
        trade = ledger.named(self.code, name) or ledger.get(self.code, name)
        if trade is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        self.expire(trade)
        return trade

    def _query(self, body: dict[str, Any], number: str) -> dict[str, Any]:
        return self._transaction(self._find(f"ref:{number}"))

    def _query_id(self, body: dict[str, Any], number: str) -> dict[str, Any]:
        trade = self._find(number)
        if trade.paid_at is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        return self._transaction(trade)

    def _close(self, body: dict[str, Any], number: str) -> None:
        if body.get("mchid") != self.box.keys.wechat_mchid:
            raise wrong("mchid 错误")
        trade = self._find(f"ref:{number}")
        if trade.paid_at is not None:
            raise Refused(400, "ORDERPAID", "该订单已支付（268449538）")
        trade.state = State.CLOSED
        self.box.ledger.save(trade)

    def _transaction(self, trade: Trade) -> dict[str, Any]:
        """Return an order as queries and notifications describe it."""
        if trade.paid_at is not None:
            state = "REFUND" if trade.refunds else "SUCCESS"
        else:
            open_as = trade.data.get("open_as") or "NOTPAY"
            state = "CLOSED" if trade.state is State.CLOSED else open_as
        content: dict[str, Any] = {
            "appid": self.box.keys.wechat_appid,
            "mchid": self.box.keys.wechat_mchid,
            "out_trade_no": trade.ref,
            "trade_state": state,
            "trade_state_desc": STATES[state],
            "amount": {"total": trade.amount, "currency": "CNY"},
        }
        if trade.data.get("attach"):
            content["attach"] = trade.data["attach"]
        if trade.paid_at is None:
            return content
        paid = trade.data.get("payer_total", trade.amount)
        return content | {
            "transaction_id": trade.key,
            "trade_type": trade.data["trade_type"],
            "bank_type": "OTHERS",
            "success_time": self._time(trade.paid_at),
            "payer": {"openid": trade.data["openid"]},
            "amount": content["amount"]
            | {"payer_total": paid, "payer_currency": "CNY"},
        }

    def _time(self, moment: float) -> str:
        return self.box.clock.at(moment, BEIJING).isoformat(timespec="seconds")

    # Refunds

    def _refund(self, body: dict[str, Any]) -> dict[str, Any]:
        ref = _text(body, "out_refund_no", r"[0-9A-Za-z_\-|*@]{1,64}")
        if body.get("reason") is not None:
            _text(body, "reason", r".{1,80}")
        amount, total = _amount(body, "refund"), _amount(body, "total")
        trade = self._refundable(body)
        earlier = trade.refund(ref)
        if earlier is not None:
            if earlier.amount != amount or total != trade.amount:
                raise Refused(
                    400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致"
                )
            return self._refund_content(trade, earlier)
        if total != trade.amount or amount > trade.amount - trade.refunded:
            raise Refused(400, "INVALID_REQUEST", "退款金额大于可退金额")
        if len(trade.refunds) >= MAX_REFUNDS:
            raise Refused(400, "INVALID_REQUEST", "部分退款次数超限")
        if trade.paid_at and self.box.clock.now() - trade.paid_at > REFUND_WITHIN:
            raise Refused(400, "INVALID_REQUEST", "订单已超过退款期限")
        now = self.box.clock.now()
        refund = Refund(
            ref,
            amount,
            now,
            {
                "id": f"503{self.box.number():025d}",
                "notify_url": str(body.get("notify_url") or ""),
                "status": "PROCESSING",
                "final": "ABNORMAL" if fault_is("abnormal") else "SUCCESS",
                "ready_at": now + REFUND_TAKES / self.box.clock.scale,
            },
        )
        trade.refunds.append(refund)
        trade.names.append(f"refund:{ref}")
        self.box.ledger.save(trade)
        return self._refund_content(trade, refund)

    def _refundable(self, body: dict[str, Any]) -> Trade:
        name = body.get("transaction_id") or f"ref:{body.get('out_trade_no')}"
        ledger = self.box.ledger
        trade = ledger.get(self.code, str(name)) or ledger.named(self.code, str(name))
        if trade is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "订单不存在")
        if trade.paid_at is None:
            raise Refused(400, "INVALID_REQUEST", "订单未支付")
        return trade

    def _refund_query(self, body: dict[str, Any], number: str) -> dict[str, Any]:
        trade = self.box.ledger.named(self.code, f"refund:{number}")
        refund = trade.refund(number) if trade else None
        if trade is None or refund is None:
            raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        self._settle_refunds(trade)
        return self._refund_content(trade, refund)

    def _refund_content(self, trade: Trade, refund: Refund) -> dict[str, Any]:
        content = {
            "refund_id": refund.data["id"],
            "out_refund_no": refund.ref,
            "transaction_id": trade.key,
            "out_trade_no": trade.ref,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": self._time(refund.at),
            "status": refund.data["status"],
            "funds_account": "AVAILABLE",
            "amount": self._refund_amount(trade, refund)
            | {"settlement_refund": refund.amount, "currency": "CNY"},
        }
        if refund.data["status"] == "SUCCESS":
            content["success_time"] = self._time(refund.data["ready_at"])
        return content

    def _refund_amount(self, trade: Trade, refund: Refund) -> dict[str, Any]:
        return {
            "total": trade.amount,
            "refund": refund.amount,
            "payer_total": trade.data.get("payer_total", trade.amount),
            "payer_refund": refund.amount,
        }

    def _settle_refunds(self, trade: Trade, everything: bool = False) -> None:
        """Let accepted refunds arrive, and notify."""
        now = self.box.clock.now()
        for refund in trade.refunds:
            if refund.data["status"] != "PROCESSING":
                continue
            if not everything and refund.data["ready_at"] > now:
                continue
            refund.data |= {"status": refund.data["final"], "ready_at": now}
            self.box.ledger.save(trade)
            status = refund.data["status"]
            content = {
                "mchid": self.box.keys.wechat_mchid,
                "out_trade_no": trade.ref,
                "transaction_id": trade.key,
                "out_refund_no": refund.ref,
                "refund_id": refund.data["id"],
                "refund_status": status,
                "user_received_account": "支付用户零钱",
                "amount": self._refund_amount(trade, refund),
            }
            if status == "SUCCESS":
                content["success_time"] = self._time(now)
            self._notify(
                refund.data["notify_url"], f"REFUND.{status}", "refund", content
            )

    # The buyer's phone

    def _scan(self) -> Response:
        """Open what a scanned ``weixin://wxpay/bizpayurl?pr=…`` means."""
        trade = self._current(request.args.get("pr", ""))
        if trade is None:
            return self.notice("unknown", status=404)
        return redirect_to(f"/cashier/{trade.data['token']}")

    def _h5_page(self) -> Response:
        """Open the app from the phone's browser; the Referer must be a shop's."""
        if not request.headers.get("Referer"):
            return self.refuse("商家参数格式有误，请联系商家解决（缺少 Referer）")
        trade = self._by_prepay()
        if trade is None:
            return self.notice("unknown", status=404)
        if back := request.args.get("redirect_url"):
            trade.data["redirect_url"] = back
            self.box.ledger.save(trade)
        return redirect_to(f"/cashier/{trade.data['token']}")

    def _jsapi_page(self) -> Response:
        """Open what the page inside WeChat asks for, if its paySign is right."""
        given = request.args
        lines = [
            given.get(n, "") for n in ("appId", "timeStamp", "nonceStr", "package")
        ]
        signed = "".join(f"{line}\n" for line in lines).encode()
        if given.get("signType") != "RSA" or not signing.verifies(
            self._merchant_key, given.get("paySign", ""), signed
        ):
            return self.refuse("支付验证签名失败")
        trade = self.box.ledger.named(
            self.code, f"prepay:{lines[3].removeprefix('prepay_id=')}"
        )
        if trade is None:
            return self.notice("unknown", status=404)
        return redirect_to(f"/cashier/{trade.data['token']}")

    # Who reads: OAuth of the official account

    def _authorize(self) -> Response:
        """Name the reader silently and send him back with a code (``snsapi_base``)."""
        given = list(request.args.items(multi=True))
        names = ["appid", "redirect_uri", "response_type", "scope", "state"]
        if [name for name, _value in given] != names:
            return self.refuse("该链接无法访问（参数错误）")
        fields = dict(given)
        back, state = fields["redirect_uri"], fields["state"]
        if "MicroMessenger" not in request.headers.get("User-Agent", ""):
            return self.refuse("请在微信客户端打开链接")
        if fields["appid"] != self.box.keys.wechat_appid or (
            fields["response_type"] != "code"
        ):
            return self.refuse("appid 参数错误")
        if fields["scope"] != "snsapi_base":
            return self.refuse("Scope 参数错误或没有 Scope 权限")
        if urlsplit(back).scheme not in {"http", "https"}:
            return self.refuse("redirect_uri 参数错误")
        if not re.fullmatch(r"[0-9A-Za-z]{0,128}", state):
            return self.refuse("state 参数错误")
        joint = "&" if "?" in back else "?"
        found = self.box.faults.take(self.code, "authorize")
        if found and found.kind == "denied":
            return redirect_to(f"{back}{joint}state={state}")
        code = secrets.token_hex(16)
        self._codes[code] = self.box.clock.real() + CODE_OF_NAME_LIVES
        return redirect_to(f"{back}{joint}code={code}&state={state}")

    def _name(self) -> Response:
        return self.answer("access_token", self._name_work)

    def _name_work(self) -> Response:
        """Change a code for the reader's openid, once; text/plain as the real one."""
        given, keys = request.args, self.box.keys
        error = 0
        found = fault()
        if found and found.kind == "error":
            error = int(found.argument or -1)
        elif given.get("appid") != keys.wechat_appid:
            error = 40013
        elif given.get("secret") != keys.wechat_app_secret:
            error = 40125
        elif given.get("grant_type") != "authorization_code":
            error = 40002
        elif self._codes.pop(given.get("code", ""), 0) < self.box.clock.real():
            error = 40029
        content: dict[str, Any] = {"errcode": error, "errmsg": "invalid, hints: []"}
        if not error:
            content = {
                "access_token": secrets.token_hex(32),
                "expires_in": 7200,
                "refresh_token": secrets.token_hex(32),
                "openid": "o" + secrets.token_hex(13),
                "scope": "snsapi_base",
            }
        return Response(_json(content), content_type="text/plain")

    def scan_url(self, trade: Trade) -> str:
        """Return where a phone goes that scans this order's code."""
        if trade.data.get("trade_type") != "NATIVE" or not self.is_open(trade):
            return ""
        return self.box.url("wechat", f"/pay?pr={trade.data['token']}")

    def _by_prepay(self) -> Trade | None:
        name = f"prepay:{request.args.get('prepay_id', '')}"
        return self.box.ledger.named(self.code, name)

    def _current(self, token: str) -> Trade | None:
        """Return the trade whose newest code this is and still lives."""
        trade = self.box.ledger.named(self.code, f"token:{token}")
        if trade is None or trade.data["token"] != token:
            return None
        return trade

    def _cashier(self, token: str) -> Response:
        return self.open_cashier(self._current(token))

    def _press(self, token: str) -> Response:
        return self.press(self._current(token))

    def is_open(self, trade: Trade) -> bool:
        """Tell whether order and code both still live."""
        alive = trade.data.get("code_until", 0) >= self.box.clock.now()
        return super().is_open(trade) and (alive or trade.pay_late_at is not None)

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return why WeChat may refuse a buyer."""
        return (
            ("NOTENOUGH", "零钱余额不足"),
            ("BANKERROR", "银行系统异常"),
            ("RULELIMIT", "交易受限"),
            *((state, STATES[state]) for state in OPEN_AS),
        )

    def paid(self, trade: Trade) -> None:
        """Take a coupon off what the buyer pays, if a fault switch says so."""
        found = self.box.faults.take(self.code, "pay")
        if found and found.kind == "coupon":
            trade.data["payer_total"] = max(1, trade.amount - 100)

    def fail(self, trade: Trade, code: str) -> Response:
        """Keep the buyer at the cashier: WeChat lets him try again."""
        if code in OPEN_AS:
            trade.data["open_as"] = code
            self.box.ledger.save(trade)
            return self.open_cashier(trade, STATES[code])
        return self.open_cashier(trade, self.say("failed", code=code))

    def cancel(self, trade: Trade) -> Response:
        """Leave the order open, as closing the page does."""
        return self.go_back(trade, "cancelled", "")

    def go_back(self, trade: Trade, outcome: str, code: str) -> Response:
        """Return to ``redirect_url`` whatever happened; a scan returns nowhere."""
        if back := trade.data.get("redirect_url"):
            return redirect_to(str(back))
        return self.notice(outcome)

    # Time and notifications

    def expire(self, trade: Trade) -> None:
        """Close what was not paid in time; let refunds arrive."""
        now = self.box.clock.now()
        if (
            trade.state is State.WAITING
            and trade.data.get("expires_at", now) < now
            and trade.pay_late_at is None
        ):
            trade.state = State.CLOSED
            self.box.ledger.save(trade)
        if trade.refunds:
            self._settle_refunds(trade)

    def flush(self) -> None:
        """Complete late payments and refunds now."""
        super().flush()
        for trade in self.box.ledger.of(self.code):
            with self.box.ledger.lock:
                self._settle_refunds(trade, everything=True)

    def tell(self, trade: Trade, delay: float = 0, copies: int = 1) -> None:
        """Notify of a payment."""
        content = self._transaction(trade)
        self._notify(
            str(trade.data["notify_url"]),
            "TRANSACTION.SUCCESS",
            "transaction",
            content,
            delay=delay,
            copies=copies,
        )

    def _notify(
        self,
        url: str,
        event: str,
        kind: str,
        content: dict[str, Any],
        *,
        delay: float = 0,
        copies: int = 1,
    ) -> None:
        if not url:
            return
        found = self.box.faults.take(self.code, "notify")
        mode = found.kind if found else ""
        if mode == "wrong_amount":
            content = content | {"amount": content["amount"] | {"total": 1}}
        if mode == "wrong_merchant":
            content = content | {"mchid": "1900000000"}
        payload = {
            "id": f"EV-{secrets.token_hex(16)}",
            "create_time": self._time(self.box.clock.now()),
            "event_type": event,
            "kind": kind,
            "content": content,
            "mode": mode,
        }
        if mode == "probe" or (
            self.box.probes and random.random() < PROBE_CHANCE  # noqa: S311
        ):
            probe = payload | {"mode": "probe"}
            self.box.notifier.add(self.code, url, probe)
            payload["mode"] = ""
        self.box.notifier.add(self.code, url, payload, delay, copies)

    def deliver(self, payload: dict[str, Any]) -> Delivery:
        """Encrypt and sign anew; a probe carries a deliberately wrong signature."""
        kind = payload["kind"]
        letters = string.ascii_letters + string.digits
        nonce = "".join(secrets.choice(letters) for _ in range(12))
        sealed = self._aead.encrypt(
            nonce.encode(), _json(payload["content"]), kind.encode()
        )
        summary = "支付成功" if kind == "transaction" else "退款通知"
        raw = _json(
            {
                "id": payload["id"],
                "create_time": payload["create_time"],
                "resource_type": "encrypt-resource",
                "event_type": payload["event_type"],
                "summary": summary,
                "resource": {
                    "original_type": kind,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": kind,
                    "nonce": nonce,
                },
            }
        )
        headers = self._signature(raw, payload["mode"] == "bad_sig")
        if payload["mode"] == "probe":
            junk = base64.b64encode(secrets.token_bytes(160)).decode()
            headers["Wechatpay-Signature"] = f"WECHATPAY/SIGNTEST/{junk}"
        return Delivery({"Content-Type": "application/json"} | headers, raw)

    def accepted(self, payload: dict[str, Any], status: int, body: bytes) -> bool:
        """Accept 200 and 204; a probe wants to be refused, and is not repeated."""
        return status in {200, 204} or payload["mode"] == "probe"

    # Bills

    def _bill(self, body: dict[str, Any]) -> dict[str, Any]:
        """Hand out the address and the hash of a day's bill.

        :raises Refused: if there is none, or not yet.
        """
        given = request.args
        try:
            day = date.fromisoformat(given.get("bill_date", ""))
        except ValueError:
            raise wrong("bill_date 格式错误") from None
        if given.get("bill_type", "ALL") not in {"ALL", "SUCCESS", "REFUND"}:
            raise wrong("bill_type 错误")
        if given.get("tar_type", "GZIP") != "GZIP":
            raise wrong("tar_type 错误")
        if not bills.is_ready(day, self.box.clock.at(None, BEIJING)):
            raise Refused(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        kind = given.get("bill_type", "ALL")
        wanted = {"ALL": {True, False}, "SUCCESS": {True}, "REFUND": {False}}[kind]
        found = [
            line
            for line in bills.lines(self.box.ledger.of(self.code), day)
            if (line.refund is None) in wanted
        ]
        keys = self.box.keys
        raw = bills.wechat(found, keys.wechat_appid, keys.wechat_mchid)
        token = secrets.token_urlsafe(32)
        self._bills[token] = bills.packed(raw) if "tar_type" in given else raw
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
            "download_url": self.box.url(
                "wechat", f"/v3/billdownload/file?token={token}"
            ),
        }

    def _bill_file(self) -> Response:
        """Give the file to who signs for it; this one answer is not signed."""
        try:
            self._authenticate()
            raw = self._bills[request.args.get("token", "")]
        except (Refused, KeyError):
            return Response(status=401)
        return Response(raw, content_type="application/octet-stream")


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
