"""``flask shop doctor``: looks the installation over and says what to do."""

import fcntl
import importlib
import importlib.metadata
import os
import re
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import click
from sqlalchemy import func, select, text

from shop import migrations
from shop.cli import doctor_payments, settings
from shop.cli.finding import Finding, fine, note, wrong
from shop.config import ROOT, Config
from shop.db import db, is_postgres
from shop.markets.registry import market_codes
from shop.outbox import Job
from shop.payments import settings as provider_settings

#: The library must not lose writes when it resets its log (reliability 2.6).
OLDEST_SQLITE = (3, 35, 0)
OLDEST_POSTGRES = 130000
LEAST_FREE = 500_000_000
LATE = timedelta(minutes=10)

#: Who knows whether the books agree: each returns one sentence a contradiction.
INVARIANTS: list[str] = [
    "shop.cli.books:stock",
    "shop.cli.books:totals",
    "shop.cli.books:refunds",
    "shop.cli.books:messages",
    "shop.cli.reconcile:contradictions",
]


@click.command()
@click.option("--invariants", is_flag=True, help="Also check that the books agree.")
def doctor(invariants: bool) -> None:
    """Check this installation and say what to do; ends with 1 if something is wrong."""
    config = settings()
    findings = [found for check in CHECKS for found in _examined(check, config)]
    if invariants:
        findings += list(check_books())
    for finding in findings:
        click.echo(f"{finding.mark:>5}  {finding.text}")
    if any(finding.mark == "WRONG" for finding in findings):
        sys.exit(1)


def _examined(
    check: Callable[[Config], Iterator[Finding]], config: Config
) -> list[Finding]:
    try:
        return list(check(config))
    except Exception as error:  # a check that cannot be made is a finding, too
        name = check.__name__.removeprefix("check_").replace("_", " ")
        return [wrong(f"The check of {name} failed: {type(error).__name__}: {error}")]


def check_program(_config: Config) -> Iterator[Finding]:
    """Compare Python and its packages with what the shop was tested with."""
    yield fine(f"Python {sys.version.split()[0]}")
    lines = (ROOT / "requirements.txt").read_text("utf-8")
    for name, wanted in re.findall(r"(?m)^([\w.-]+)(?:\[\w+\])?==(\S+)", lines):
        try:
            there = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield wrong(f"{name} is missing: pip install -r requirements.txt")
            continue
        if there != wanted:
            yield note(f"{name} is {there}; the shop was tested with {wanted}")


def check_files(config: Config) -> Iterator[Finding]:
    """Look at the instance folder: place, room and who may read it."""
    folder = config.instance
    if not os.access(folder, os.W_OK):
        yield wrong(f"{folder} cannot be written: chown it to the user of the shop")
        return
    free = shutil.disk_usage(folder).free
    sentence = f"{free / 1e9:.1f} GB free in {folder}"
    yield fine(sentence) if free > LEAST_FREE else wrong(f"Only {sentence}: make room")
    secrets = [folder / "secret.key", folder / "shop.toml", config.owner_password_file]
    secrets += [*folder.glob("*.key"), *folder.glob("shop.db*")]
    for path in dict.fromkeys(secrets):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield wrong(f"Others may read {path}: chmod 600 {path}")
    yield (
        fine("Locks hold")
        if _locks_hold(config)
        else wrong(
            f"{folder} lies on a file system without locks (NFS?): use a local disk"
        )
    )


def _locks_hold(config: Config) -> bool:
    path = config.instance / "doctor.lock"
    with path.open("w") as one, path.open("w") as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        try:
            fcntl.flock(two, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            path.unlink()
    return False


def check_database(config: Config) -> Iterator[Finding]:
    """Look at the database: there, up to date, safe and sound."""
    stands_at, newest = migrations.current(), migrations.head()
    if stands_at != newest:
        yield wrong("The tables are not up to date: flask shop setup")
    with db.engine.connect() as connection:
        if is_postgres():
            version = int(connection.scalar(text("show server_version_num")) or 0)
            sentence = f"PostgreSQL {connection.scalar(text('show server_version'))}"
            old = version < OLDEST_POSTGRES
            yield (
                wrong(f"{sentence} is too old; take 13 or newer")
                if old
                else fine(sentence)
            )
            if connection.scalar(text("show fsync")) != "on":
                yield wrong("PostgreSQL runs without fsync: a crash can lose orders")
            return
        mode = connection.scalar(text("pragma journal_mode"))
        sync = connection.scalar(text("pragma synchronous"))
        keys = connection.scalar(text("pragma foreign_keys"))
        sound = connection.scalar(text("pragma quick_check"))
    sentence = f"SQLite {sqlite3.sqlite_version} in {config.sqlite_file}"
    old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    yield wrong(f"{sentence}: too old, update the system") if old else fine(sentence)
    if (mode, sync, keys) != ("wal", 2, 1):
        yield wrong(f"SQLite runs as journal {mode}, synchronous {sync}, keys {keys}")
    if sound != "ok":
        yield wrong(f"The database is damaged ({sound}): flask shop restore FILE")


def check_redis(config: Config) -> Iterator[Finding]:
    """Ask Redis whether it answers; the shop works without it, only slower."""
    if not config.redis_url:
        return
    import redis

    client = redis.Redis.from_url(config.redis_url, socket_timeout=2)
    try:
        client.ping()
        yield fine("Redis answers")
    except redis.RedisError as error:
        yield wrong(f"Redis does not answer ({type(error).__name__}): see REDIS_URL")
    finally:
        client.close()


def check_reach(config: Config) -> Iterator[Finding]:
    """Compare the address readers see with how the shop is reached."""
    public = urlsplit(config.public_url)
    if public.scheme == "http" and not config.sandbox:
        yield wrong(f"{config.public_url} is not encrypted: put https in front")
    if public.scheme == "https" and config.proxy_hops == 0:
        yield note("https without a proxy? Behind nginx set SHOP_PROXY_HOPS=1")
    if (public.hostname or "") not in {h.lstrip(".") for h in config.trusted_hosts}:
        yield wrong(f"SHOP_TRUSTED_HOSTS lacks {public.hostname}: readers get an error")
    if config.sandbox:
        yield note("The demo gateways are on: no real money moves")
    if config.owner_password_file.exists():
        yield note("The first owner's password was not changed yet")


def check_outbox(_config: Config) -> Iterator[Finding]:
    """Look for promises that were not kept: a worker that is not running."""
    now = datetime.now(UTC)
    open_jobs = select(func.count(), func.min(Job.due_at)).where(
        Job.done_at.is_(None), Job.dead_at.is_(None), Job.due_at < now
    )
    count, oldest = db.session.execute(open_jobs).one()
    if count and oldest is not None and now - oldest > LATE:
        yield wrong(f"{count} jobs wait since {oldest:%F %R} UTC: run flask shop work")
    dead = db.session.scalar(
        select(func.count()).select_from(Job).where(Job.dead_at.is_not(None))
    )
    yield (
        wrong(f"{dead} jobs were given up; see the owner's desk")
        if dead
        else fine("Every promise is kept or on time")
    )


def check_messages(config: Config) -> Iterator[Finding]:
    """Look whether messages can leave, and whether some could not."""
    from shop.notifications import channels, service
    from shop.notifications.send import mail_is_ready

    say = note if config.sandbox else wrong
    if not mail_is_ready():
        yield say("No mail can be sent: set SHOP_SMTP_URL and SHOP_MAIL_FROM")
    elif config.smtp_url and not config.mail_from:
        yield wrong("Mail has no sender: set SHOP_MAIL_FROM")
    for code in market_codes():
        carrier = channels.sms_service(code)
        if carrier is None:
            yield note(f"Nobody carries text messages in the market {code}")
        elif carrier.settings and not provider_settings.is_ready(carrier.code):
            yield say(
                f"No text message leaves in the market {code}: "
                f"fill in {carrier.code} at the owner's desk"
            )
    dead = len(service.dead_letters())
    if dead:
        yield wrong(f"{dead} messages did not arrive; see the owner's desk")


def check_books() -> Iterator[Finding]:
    """Let every feature look for contradictions between its rows."""
    contradictions = []
    for name in INVARIANTS:
        module, function = name.split(":")
        contradictions += list(getattr(importlib.import_module(module), function)())
    if not contradictions:
        yield fine(f"The books agree ({len(INVARIANTS)} checks)")
    for sentence in contradictions:
        yield wrong(sentence)


CHECKS: list[Callable[[Config], Iterator[Finding]]] = [
    check_program,
    check_files,
    check_database,
    check_redis,
    check_reach,
    check_outbox,
    check_messages,
    doctor_payments.check_keys,
    doctor_payments.check_sandbox,
    doctor_payments.check_refunds,
    doctor_payments.check_clock,
    doctor_payments.check_open_points,
]
