"""What the provider clients share: keys, amounts on the wire, and one careful call.

Everything that comes from outside is bytes to be judged: sizes, times and
redirects are limited here, and no error carries a key, an address or a body.
"""

import base64
import binascii
import io
import ipaddress
import json
import logging
import re
import time
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shop.kernel.crash import crash
from shop.kernel.money import Money
from shop.payments.provider import Caps, ProviderError, RawRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import (
        RSAPrivateKey,
        RSAPublicKey,
    )
    from cryptography.hazmat.primitives.hashes import SHA256

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5, 20, 30
#: Beyond this gateways refuse our signatures and we theirs (WeChat: five minutes).
MAX_SKEW = timedelta(minutes=5)
MAX_ANSWER_BYTES = 256 * 1024
MAX_NOTIFY_BYTES = 64 * 1024
#: A day's bill, packed and unpacked: 50,000 rows of Alipay's.
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_MEMBERS = 20
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_SHIFTED = re.compile(r"&[A-Za-z_]+=")
_YUAN = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?")
_log = logging.getLogger(__name__)


def wire_clock() -> datetime:
    """Return the moment that goes into a signed request: part of the protocol."""
    return datetime.now(UTC)


def need(settings: Mapping[str, str], name: str) -> str:
    """Return a setting the owner must have filled in.

    :raises ProviderError: ``config`` with the setting's name if it is empty.
    """
    value = settings.get(name, "").strip()
    if not value:
        raise ProviderError("config", name)
    return value


def is_sandbox(settings: Mapping[str, str]) -> bool:
    """Say whether the engine allows the sandbox on this machine."""
    return settings.get("sandbox", "") == "1"


def check_base_url(url: str, sandbox: bool, name: str = "base_url") -> str:
    """Return a provider's base address without its last slash.

    Plain http is for the sandbox on this machine only, and this machine is never
    a provider outside of it.

    :raises ProviderError: ``config`` if money must not be sent there.
    """
    refused = ProviderError("config", name)
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise refused from None
    local = _is_local(host)
    allowed = parts.scheme == "https" or (parts.scheme == "http" and local)
    if not host or not allowed or (local and not sandbox):
        raise refused
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise refused
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def base_url(settings: Mapping[str, str], default: str, name: str = "base_url") -> str:
    """Return the checked base address of the settings, else the real ``default``."""
    return check_base_url(settings.get(name) or default, is_sandbox(settings), name)


def check_page_url(url: object, settings: Mapping[str, str]) -> str:
    """Return an address from a provider's answer that a browser may be sent to.

    :raises ProviderError: ``protocol`` if it is no plain https address (or, in the
        sandbox, one of this machine).
    """
    bad = ProviderError("protocol", "url", unknown=True)
    if not isinstance(url, str) or len(url) > 2000 or re.search(r"[\s\\<>\"]", url):
        raise bad
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise bad from None
    local = is_sandbox(settings) and _is_local(host)
    if not host or "@" in parts.netloc or not (parts.scheme == "https" or local):
        raise bad
    return url


def origin(url: str) -> str:
    """Return ``scheme://host:port`` of an address, for ``form-action``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_unspecified


@dataclass(frozen=True)
class Answer:
    """What came back, within the limits; header names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def text(self) -> str:
        """Return the body as UTF-8.

        :raises ProviderError: ``protocol`` if it is not.
        """
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            raise ProviderError("protocol", "encoding", unknown=True) from None

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        :raises ProviderError: ``protocol`` if it is a page, a list or nothing.
        """
        return json_object(self.text())


def json_object(text: str | bytes) -> dict[str, Any]:
    """Read a JSON object; NaN, other kinds and deep nesting are refused.

    :raises ProviderError: ``protocol`` if ``text`` is anything else.
    """
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ProviderError("protocol", "json", unknown=True) from None
    if not isinstance(found, dict):
        raise ProviderError("protocol", "json", unknown=True)
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def call(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    most: int = MAX_ANSWER_BYTES,
) -> Answer:
    """Ask a provider once: 5 s to connect, 30 s in all, 256 KiB, no redirects.

    Never repeats: only the caller knows whether that would be safe. ``most`` is
    the largest body in bytes, for files.

    :raises ProviderError: ``transport`` without an answer (``unknown`` if the request
        may have arrived), ``protocol`` for a redirect or too much of an answer.
    """
    import requests  # here: 10 MB that a process without payments never needs

    sent = {"Accept-Encoding": "identity", "User-Agent": "anar", **(headers or {})}
    began = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False  # a .netrc would replace our Authorization
            response = session.request(
                method,
                url,
                data=body or None,
                headers=sent,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            )
            with response:
                content = _read(response.raw, began + WHOLE_SECONDS, most)
        crash("C6")
    except requests.RequestException as error:
        unknown = not _never_arrived(error)
        code = type(error).__name__
        _log.warning("no answer from %s: %s", urlsplit(url).hostname, code)
        raise ProviderError("transport", code, unknown=unknown) from None
    millis = int((time.monotonic() - began) * 1000)
    _log.info(
        "%s answered %s in %s ms", urlsplit(url).hostname, response.status_code, millis
    )
    if 300 <= response.status_code < 400:
        raise ProviderError("protocol", "redirect", unknown=True)
    lower = {name.lower(): value for name, value in response.headers.items()}
    if (skew := clock_skew(lower)) >= MAX_SKEW:
        _log.warning("clock differs from %s by %s", urlsplit(url).hostname, skew)
    return Answer(response.status_code, content, lower)


def unzipped(content: bytes) -> list[bytes]:
    """Return the files of a zip, at most twenty and 10 MiB in all, as they unpack.

    What an archive says about its sizes is not believed: unpacking stops there.

    :raises ProviderError: ``protocol`` for anything else, and for a bomb.
    """
    found, left = [], MAX_FILE_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise ProviderError("protocol", "too_long")
            for member in members:
                with archive.open(member) as file:
                    found.append(file.read(left + 1))
                left -= len(found[-1])
                if left < 0:
                    raise ProviderError("protocol", "too_long")
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
    ):  # fmt: skip
        raise ProviderError("protocol", "zip") from None
    return found


def gunzipped(content: bytes) -> bytes:
    """Return what a gzip file holds, at most 10 MiB; other bytes as they are.

    :raises ProviderError: ``protocol`` if it is damaged, or a bomb.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MAX_FILE_BYTES + 1)
    except zlib.error:
        raise ProviderError("protocol", "gzip") from None
    if len(plain) > MAX_FILE_BYTES:
        raise ProviderError("protocol", "too_long")
    if not unpacker.eof:
        raise ProviderError("protocol", "gzip")
    return plain


def clock_skew(headers: Mapping[str, str]) -> timedelta:
    """Return how far our clock is from the one that wrote ``Date``; 0 without it."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
        return abs(wire_clock() - theirs)
    except (TypeError, ValueError):
        return timedelta(0)


def _read(raw: Any, deadline: float, most: int) -> bytes:
    from urllib3.exceptions import HTTPError

    content = b""
    try:
        while chunk := raw.read1(65536, decode_content=True):
            content += chunk
            if len(content) > most:
                raise ProviderError("protocol", "too_long", unknown=True)
            if time.monotonic() > deadline:
                raise ProviderError("transport", "too_slow", unknown=True)
    except (HTTPError, OSError) as error:
        code = type(error).__name__
        raise ProviderError("transport", code, unknown=True) from None
    return content


def _never_arrived(error: Exception) -> bool:
    """Say whether the connection never stood, so that nothing was received."""
    from requests.exceptions import ConnectTimeout, InvalidURL
    from urllib3.exceptions import (
        MaxRetryError,
        NameResolutionError,
        NewConnectionError,
        SSLError,
    )

    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    early = (NewConnectionError, NameResolutionError, SSLError)
    return isinstance(error, ConnectTimeout | InvalidURL) or isinstance(cause, early)


def once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return form pairs as a dict.

    :raises ProviderError: ``forged`` if a name comes twice: a signature covers one.
    """
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ProviderError("forged", "duplicate")
    return found


def small_form(request: RawRequest) -> dict[str, str]:
    """Return the fields of a posted form, judged by what costs nothing.

    :raises ProviderError: ``forged`` if it is too big, no form, or names one twice;
        or if a value holds ``&name=``: the raw text ``a=1&b=2`` is what is signed,
        so a value could have swallowed its neighbour.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if len(request.body) > MAX_NOTIFY_BYTES or request.method != "POST":
        raise ProviderError("forged", "size")
    if kind != "application/x-www-form-urlencoded" or len(request.form) > 100:
        raise ProviderError("forged", "form")
    fields = once(request.form)
    if any(_SHIFTED.search(value) for value in fields.values()):
        raise ProviderError("forged", "shifted")
    return fields


def claimed(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> dict[str, str]:
    """Return what a browser says under ``names``: short, printable, first of each."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in names and name not in found and len(value) <= 64:
            found[name] = value if value.isprintable() else ""
    return found


def canonical(fields: Mapping[str, Any], leave_out: Sequence[str] = ()) -> bytes:
    """Return what is signed: ``a=1&b=2`` by name, raw values, empty ones dropped."""
    kept = sorted(
        name
        for name in fields
        if name not in leave_out and fields[name] not in ("", None)
    )
    text = "&".join(f"{name}={fields[name]}" for name in kept)
    return text.encode(errors="surrogatepass")


def yuan(fen: int) -> str:
    """Write fen as Alipay wants them: 8800 is ``"88.00"``."""
    return f"{fen // 100}.{fen % 100:02d}"


def parse_yuan(text: object) -> int:
    """Read ``"88.00"`` as 8800 fen: ASCII digits, at most two decimals, nothing else.

    :raises ProviderError: ``protocol`` if it is written in any other way.
    """
    if not isinstance(text, str) or not _YUAN.fullmatch(text):
        raise ProviderError("protocol", "amount", unknown=True)
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def parse_minor(value: object) -> int:
    """Read whole minor units from a JSON integer or from ASCII digits.

    :raises ProviderError: ``protocol`` for a float, a sign, a space or other digits.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**15:
        return value
    if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]{0,14}", value):
        return int(value)
    raise ProviderError("protocol", "amount", unknown=True)


def wire_minor(amount: Money, caps: Caps) -> int:
    """Return what to ask for, in minor units of the provider's currency.

    :raises ProviderError: ``rejected`` in another currency or outside its limits.
    """
    if amount.currency != caps.currency:
        raise ProviderError("rejected", "currency")
    if amount.minor < caps.min_minor or amount.minor > (caps.max_minor or amount.minor):
        raise ProviderError("rejected", "amount")
    return amount.minor


def clip(text: str, limit: int, unwanted: str = "") -> str:
    """Return a one-line description of at most ``limit`` UTF-8 bytes, never empty."""
    clean = "".join(" " if c in unwanted or not c.isprintable() else c for c in text)
    cut = " ".join(clean.split()).encode()[:limit].decode(errors="ignore").strip()
    return cut or "-"


def with_ref(url: str, ref: str) -> str:
    """Return our own address with our reference, for gateways that bring none back."""
    return f"{url}{'&' if '?' in url else '?'}out_trade_no={ref}"


def last_four(card: object) -> str:
    """Return ``****1234`` of a card number, masked or not; nothing more is kept."""
    found = re.search(r"([0-9]{4})$", card) if isinstance(card, str) else None
    return f"****{found[1]}" if found else ""


def masked(account: object) -> str:
    """Return a payer's account only if the provider has masked it itself."""
    safe = isinstance(account, str) and "*" in account and len(account) <= 64
    return account if safe and isinstance(account, str) else ""


@lru_cache(maxsize=32)
def public_keys(text: str) -> "tuple[RSAPublicKey, ...]":
    """Read one or more RSA public keys: PEM, certificates or bare base64.

    Two keys, old and new, verify side by side while the owner changes them.

    :raises ValueError: if there is none, or one that is no RSA key of 2048 bits.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    found = []
    for label, der in _blocks(text):
        if label == "CERTIFICATE":
            key: object = x509.load_der_x509_certificate(der).public_key()
        else:
            key = serialization.load_der_public_key(der)
        if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
            raise ValueError("not an RSA key of 2048 bits")
        found.append(key)
    if not found:
        raise ValueError("no key")
    return tuple(found)


@lru_cache(maxsize=32)
def private_key(text: str) -> "RSAPrivateKey":
    """Read an RSA private key, PKCS#8 or PKCS#1; of two, the first one signs.

    :raises ValueError: if there is none, or it is no RSA key of 2048 bits.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    for _label, der in _blocks(text):
        key = serialization.load_der_private_key(der, password=None)
        if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
            raise ValueError("not an RSA key of 2048 bits")
        return key
    raise ValueError("no key")


def keys_of(settings: Mapping[str, str], name: str) -> "tuple[RSAPublicKey, ...]":
    """Return the public keys in a setting, and the ones it held before.

    What the setting held before may be a typing mistake: then it is no key.

    :raises ProviderError: ``config`` with the setting's name if they cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        found = public_keys(need(settings, name))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ProviderError("config", name) from None
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):
        found += public_keys(settings.get(f"{name}.previous", ""))
    return found


def signer_of(settings: Mapping[str, str], name: str) -> "RSAPrivateKey":
    """Return the private key in a setting.

    :raises ProviderError: ``config`` with the setting's name if it cannot be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return private_key(need(settings, name))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ProviderError("config", name) from None


def _blocks(text: str) -> list[tuple[str, bytes]]:
    found = [(label, _der(inner)) for label, inner in _PEM.findall(text)]
    for chunk in re.split(r"\n\s*\n|[,;]", _PEM.sub("\n\n", text).replace("\r", "")):
        if not chunk.strip():
            continue
        lines = chunk.split()
        if len(lines) > 1 and all(len(line) > 300 for line in lines):
            found += [("", _der(line)) for line in lines]
        else:
            found.append(("", _der(chunk)))
    return found


def _der(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def sign(key: "RSAPrivateKey", message: bytes) -> str:
    """Return the RSA-SHA256 (PKCS#1 v1.5) signature in base64."""
    return base64.b64encode(key.sign(message, *_scheme())).decode()


@cache
def _scheme() -> "tuple[PKCS1v15, SHA256]":
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return PKCS1v15(), SHA256()


def check_signature(
    keys: "Iterable[RSAPublicKey]", signature: str, message: bytes
) -> None:
    """Accept a signature that one of ``keys`` made; SHA-256 only, whatever it claims.

    :raises ProviderError: ``forged`` if none did.
    """
    try:
        raw = base64.b64decode(signature, validate=True)
    except (ValueError, TypeError):
        raise ProviderError("forged", "signature", unknown=True) from None
    if base64.b64encode(raw).decode() != signature:  # sixteen texts give the same bytes
        raise ProviderError("forged", "signature", unknown=True)
    from cryptography.exceptions import InvalidSignature

    for key in keys:
        try:
            key.verify(raw, message, *_scheme())
        except InvalidSignature:
            continue
        return
    raise ProviderError("forged", "signature", unknown=True)
