"""What the owner filled in for each provider, and who collects for which method.

Secrets are written, never read back: the page shows the last four characters.
They are encrypted with a key that lies beside the database, is not in its
backups, and may be one of several while keys are exchanged.
"""

import os
import secrets
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import Select, delete, select, union_all, update

from shop.config import Config
from shop.db import db, insert_new
from shop.markets.market import Market
from shop.markets.methods import Browser, Method, Reach
from shop.payments import provider as contract
from shop.payments.models import PaymentAttempt, ProviderSetting, ProviderUse
from shop.payments.provider import Provider, Setting
from shop.payments.rules import (
    AttemptState,
    KeysMissing,
    ProviderOff,
    is_by_hand,
    suits,
)

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY_FILE = "provider.key"
#: How long the value before stays valid beside a new one.
SIDE_BY_SIDE = timedelta(days=7)
#: The name under which a provider finds the value before, where it is still valid.
PREVIOUS = "{}.previous"


def find(code: str) -> Provider | None:
    """Return the provider with this code, or ``None``."""
    return contract.all_providers().get(code)


def get(code: str) -> Provider:
    """Return the provider with this code.

    :raises ProviderOff: if there is none.
    """
    found = find(code)
    if found is None:
        raise ProviderOff(code, "unknown")
    return found


#: What services beside the payment providers want filled in, kept the same way.
_DECLARED: dict[str, tuple[Setting, ...]] = {}


def declare(code: str, wanted: tuple[Setting, ...]) -> None:
    """Keep settings under ``code`` for a service that is no payment provider."""
    _DECLARED[code] = wanted


def _settings_of(code: str) -> tuple[Setting, ...] | None:
    provider = find(code)
    return provider.settings if provider else _DECLARED.get(code)


def _known(code: str) -> tuple[Setting, ...]:
    found = _settings_of(code)
    if found is None:
        raise ProviderOff(code, "unknown")
    return found


def key_path() -> Path:
    """Return the file of the keys: ``instance/provider.key``."""
    config: Config = current_app.extensions["shop"]
    return config.instance / KEY_FILE


def get_ready() -> None:
    """Load what opens and uses keys of providers, if the shop keeps any.

    It is 10 MB: before the forks once for all of them, and never for a shop
    without such keys. Hence the imports inside functions here, in ``protocol``
    and at the providers who sign.
    """
    if key_path().exists():
        import cryptography.fernet
        import cryptography.x509  # noqa: F401


def read(code: str, now: datetime) -> dict[str, str]:
    """Return the settings of a provider by name, secrets in the clear, for its calls.

    Defaults fill what is missing. A value replaced less than a week ago stands
    beside the new one as ``name.previous``. Never show or log the result.

    :raises KeysMissing: if a stored secret cannot be read.
    """
    config: Config = current_app.extensions["shop"]
    values = {one.name: one.default for one in _known(code) if one.default}
    rows = db.session.scalars(
        select(ProviderSetting).where(ProviderSetting.provider == code)
    ).all()
    for row in rows:
        values[row.name] = _plain(row, row.value)
        if row.previous and row.previous_until and now < row.previous_until:
            values[PREVIOUS.format(row.name)] = _plain(row, row.previous)
    if config.sandbox:
        values["sandbox"] = "1"
    return values


def _plain(row: ProviderSetting, stored: str) -> str:
    if not row.secret:
        return stored
    keys = _keys()
    if keys is None:
        raise KeysMissing(row.provider)
    from cryptography.fernet import InvalidToken

    try:
        return keys.decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise KeysMissing(row.provider) from error


def save(code: str, name: str, value: str, now: datetime) -> None:
    """Store one setting; the one before stays readable for a week. Needs a transaction.

    An empty value removes the setting.

    :raises KeyError: if the provider has no such setting, which is the caller's bug.
    """
    setting = {one.name: one for one in _known(code)}[name]
    row = db.session.get(ProviderSetting, (code, name))
    if not value:
        if row is not None:
            db.session.delete(row)
        return
    stored = _sealed(value) if setting.secret else value
    last_four = value[-4:] if setting.secret and len(value) >= 8 else ""
    if row is None:
        row = ProviderSetting(provider=code, name=name, updated_at=now)
        db.session.add(row)
    elif _unchanged(row, value):
        return
    elif _is_readable(row):
        row.previous, row.previous_until = row.value, now + SIDE_BY_SIDE
    else:
        row.previous, row.previous_until = "", None
    row.value, row.secret, row.last_four = stored, setting.secret, last_four
    row.updated_at = now
    db.session.flush()


def _unchanged(row: ProviderSetting, value: str) -> bool:
    try:
        return _plain(row, row.value) == value
    except KeysMissing:
        return False


def _sealed(value: str) -> str:
    keys = _keys() or _make_keys()
    return keys.encrypt(value.encode()).decode()


@dataclass(frozen=True)
class Shown:
    """One setting as the owner's page shows it: a secret only by its last four."""

    name: str
    secret: bool
    required: bool
    multiline: bool
    value: str
    last_four: str
    is_set: bool
    is_readable: bool
    choices: tuple[str, ...] = ()


def shown(code: str) -> list[Shown]:
    """Return the settings of a provider as the owner may see them."""
    rows = {
        row.name: row
        for row in db.session.scalars(
            select(ProviderSetting).where(ProviderSetting.provider == code)
        )
    }
    found = []
    for one in _known(code):
        row = rows.get(one.name)
        plain = "" if one.secret else (row.value if row else one.default)
        found.append(
            Shown(
                one.name,
                one.secret,
                one.required,
                one.multiline,
                plain,
                row.last_four if row else "",
                row is not None,
                row is None or _is_readable(row),
                one.choices,
            )
        )
    return found


def unreadable() -> list[tuple[str, str]]:
    """Return (provider, setting) of every secret whose key file is gone or another."""
    rows = db.session.scalars(
        select(ProviderSetting)
        .where(ProviderSetting.secret.is_(True))
        .order_by(ProviderSetting.provider, ProviderSetting.name)
    )
    return [(row.provider, row.name) for row in rows if not _is_readable(row)]


def _is_readable(row: ProviderSetting) -> bool:
    return not row.secret or _opens(_keys(), row.value)


@lru_cache(maxsize=512)
def _opens(keys: "MultiFernet | None", stored: str) -> bool:
    """Say whether a sealed value can be opened; nothing of it is kept."""
    if keys is None:
        return False
    from cryptography.fernet import InvalidToken

    try:
        keys.decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


def rotate(now: datetime) -> int:
    """Seal every secret with a new key; return how many. Needs a transaction.

    The old key stays in the file, second, so that a backup of yesterday still reads.

    :raises KeysMissing: if a secret cannot be read, before anything changes.
    """
    from cryptography.fernet import Fernet

    rows = db.session.scalars(
        select(ProviderSetting).where(ProviderSetting.secret.is_(True))
    ).all()
    plain = [(row, _plain(row, row.value)) for row in rows]
    before = [(row, _plain(row, row.previous)) for row in rows if row.previous]
    path = key_path()
    old = path.read_bytes().split() if path.exists() else []
    _write_keys(path, [Fernet.generate_key(), *old])
    for row, value in plain:
        row.value = _sealed(value)
        row.updated_at = now
    for row, value in before:
        row.previous = _sealed(value)
    db.session.flush()
    return len(plain)


def _keys() -> "MultiFernet | None":
    """Read the key file; ``None`` if it is missing, damaged or readable by others."""
    path = key_path()
    try:
        seen = path.stat()
        if stat.S_IMODE(seen.st_mode) & 0o077:
            return None
        # Another file has another number: a new one is written, then renamed.
        return _read_keys(path, (seen.st_ino, seen.st_mtime_ns, seen.st_size))
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=4)
def _read_keys(path: Path, _seen: tuple[int, int, int]) -> "MultiFernet | None":
    from cryptography.fernet import Fernet, MultiFernet

    lines = path.read_bytes().split()
    return MultiFernet([Fernet(line) for line in lines]) if lines else None


def _make_keys() -> "MultiFernet":
    """Make the key file; another process may be first, and its key is taken then.

    :raises KeysMissing: if a file is there that cannot be used: it is never replaced.
    """
    from cryptography.fernet import Fernet

    path = key_path()
    if not path.exists():
        _write_keys(path, [Fernet.generate_key()], replace=False)
    keys = _keys()
    if keys is None:
        raise KeysMissing("")
    return keys


def _write_keys(path: Path, keys: list[bytes], *, replace: bool = True) -> None:
    """Write the file whole and safe on the disk before it gets its name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, b"\n".join(keys) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        if replace:
            draft.replace(path)
            return
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def is_ready(code: str) -> bool:
    """Say whether everything the provider needs is filled in and readable."""
    return code in ready([code])


def ready(codes: Collection[str]) -> set[str]:
    """Return which providers have everything they need, filled in and readable."""
    rows: dict[str, dict[str, ProviderSetting]] = defaultdict(dict)
    for row in db.session.scalars(
        select(ProviderSetting).where(ProviderSetting.provider.in_(codes))
    ):
        rows[row.provider][row.name] = row
    return {code for code in codes if _has_all(code, rows[code])}


def _has_all(code: str, rows: Mapping[str, ProviderSetting]) -> bool:
    wanted = _settings_of(code)
    if wanted is None:
        return False
    needed = [one for one in wanted if one.required and not one.default]
    if any(one.name not in rows for one in needed):
        return False
    return all(_is_readable(row) for row in rows.values())


def collectors(market: Market, method: str) -> list[str]:
    """Return who may collect for a method here, best first: enabled and filled in."""
    return _collectors(market, [one for one in market.methods if one.code == method])[
        method
    ]


def _collectors(market: Market, methods: Iterable[Method]) -> dict[str, list[str]]:
    """Return who may collect for each method, best first; 2 SQL for all of them."""
    uses = {
        (row.method, row.provider): row
        for row in db.session.scalars(
            select(ProviderUse).where(ProviderUse.market == market.code)
        )
    }
    ranked: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    filled = ready({code for method in methods for code in method.providers})
    for method in methods:
        for place, code in enumerate(method.providers):
            use = uses.get((method.code, code))
            if code in filled and (use is None or use.enabled):
                at = use.position if use else place
                ranked[method.code].append((at, place, code))
    return defaultdict(
        list,
        {name: [code for *_, code in sorted(all_)] for name, all_ in ranked.items()},
    )


def use(
    market: str, method: str, provider: str, *, enabled: bool, position: int
) -> None:
    """Switch a provider on or off for a method of a market. Needs a transaction."""
    values = {"enabled": enabled, "position": position}
    key = {"market": market, "method": method, "provider": provider}
    if not insert_new(ProviderUse, **key, **values):
        db.session.execute(
            update(ProviderUse)
            .where(
                ProviderUse.market == market,
                ProviderUse.method == method,
                ProviderUse.provider == provider,
            )
            .values(**values)
        )


def forget(code: str) -> None:
    """Remove everything stored for a provider. Needs a transaction."""
    for table in (ProviderSetting, ProviderUse):
        db.session.execute(delete(table).where(table.provider == code))


#: So many beginnings in a row without an answer, and the method rests.
DOWN_AFTER = 3
DOWN_FOR = timedelta(minutes=2)


def down_until(code: str, now: datetime) -> datetime | None:
    """Return until when a provider rests because it does not answer, or ``None``.

    Computed from its last attempts: three in a row that found no connection, the
    last less than two minutes ago.
    """
    return resting([code], now).get(code)


def resting(codes: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Return which of the providers rest, and until when; one query."""
    asked = sorted(code for code in codes if not by_hand(code))
    if not asked:
        return {}
    tries: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    last = union_all(*(_last_tries(code, now) for code in asked))
    for row in db.session.execute(last):
        tries[row.provider].append((row.code, row.created_at))
    found = {}
    for code, ends in tries.items():
        silent = len(ends) == DOWN_AFTER and all(why == "transport" for why, _ in ends)
        if silent and (until := max(at for _, at in ends) + DOWN_FOR) > now:
            found[code] = until
    return found


def _last_tries(code: str, now: datetime) -> Select[str, str, datetime]:
    found = (
        select(PaymentAttempt.provider, PaymentAttempt.code, PaymentAttempt.created_at)
        .where(
            PaymentAttempt.provider == code,
            PaymentAttempt.created_at > now - DOWN_FOR * 5,
            PaymentAttempt.state != AttemptState.CREATED,
        )
        .order_by(PaymentAttempt.id.desc())
        .limit(DOWN_AFTER)
        .subquery()
    )
    return select(found.c.provider, found.c.code, found.c.created_at)


def reach(market: Market, now: datetime) -> Mapping[str, Reach]:
    """Return what the owner's providers can do now, by method; for the checkout."""
    known = _collectors(market, market.methods)
    rests = resting({code for codes in known.values() for code in codes}, now)
    found = {}
    for method, codes in known.items():
        up = [code for code in codes if code not in rests]
        caps = [get(code).caps for code in up or codes]
        most = [one.max_minor for one in caps]
        found[method] = Reach(
            min_minor=min(one.min_minor for one in caps),
            max_minor=None if None in most else max(one for one in most if one),
            is_down=not up,
            next_try_at=min(
                (rests[one] for one in codes if one in rests), default=None
            ),
        )
    return found


def collector(
    market: Market,
    method: str,
    amount_minor: int,
    now: datetime,
    browser: Browser = Browser.DESKTOP,
) -> str:
    """Return the provider that collects an amount for a method now, in this browser.

    :raises ProviderOff: if none is set up, or none of them answers.
    """
    codes = collectors(market, method)
    rests = resting(codes, now)
    up = [code for code in codes if code not in rests]
    if not up:
        raise ProviderOff(codes[0] if codes else method, "down" if codes else "off")
    up.sort(key=lambda code: not suits(code, browser))
    return next((one for one in up if _takes(one, amount_minor)), up[0])


def _takes(code: str, amount_minor: int) -> bool:
    caps = get(code).caps
    most = caps.max_minor
    return caps.min_minor <= amount_minor and (most is None or amount_minor <= most)


def by_hand(code: str) -> bool:
    """Say whether people collect for this provider; also true for one that is gone."""
    provider = find(code)
    return provider is None or is_by_hand(provider.caps)
