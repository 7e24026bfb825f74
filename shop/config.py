"""Every setting of the installation: name, type, default, one sentence.

Read order: the default, then ``instance/shop.toml``, then the environment.
What an owner changes while selling lives in the database, not here.
"""

import difflib
import ipaddress
import os
import secrets
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).parents[1]
SECRET_BYTES = 32
#: How many ports the sandbox may take, one a service.
SANDBOX_PORTS = 20
PREFIX = "SHOP_"


class ConfigError(Exception):
    """The shop cannot start; ``str()`` is one plain sentence for the owner."""


@dataclass(frozen=True)
class Setting:
    """What is said about one setting where it is declared.

    ``least`` and ``most`` are closed ends. ``shown`` stands for a default that
    depends on other settings.
    """

    default: Any
    sentence: str
    env: str = ""
    shown: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 2**31 - 1
    name: str = ""
    kind: type = str

    @property
    def default_text(self) -> str:
        """The default as the README writes it."""
        if self.shown:
            return self.shown
        return str(self.default).lower() if self.kind is bool else str(self.default)


def _setting(default: Any, sentence: str, *, secret: bool = False, **more: Any) -> Any:
    """Declare a setting; a secret one is never part of ``repr()``."""
    return field(
        default=default,
        repr=not secret,
        metadata={"setting": Setting(default, sentence, **more)},
    )


@dataclass(frozen=True)
class Config:
    """The settings of one process, checked and complete."""

    instance: Path = _setting(
        ROOT / "instance",
        "The folder of everything that is yours: settings, database, pictures, keys.",
        shown="instance",
    )
    database_url: str = _setting(
        "",
        "Where the database is: postgresql://… or sqlite:///….",
        env="DATABASE_URL",
        shown="SQLite in the instance folder",
        secret=True,
    )
    redis_url: str = _setting(
        "",
        "A Redis that all processes share for caches and flood limits: redis://….",
        env="REDIS_URL",
        shown="none",
        secret=True,
    )
    secret_key: str = _setting(
        "",
        "What signs cookies and links, at least 32 characters; better left unset.",
        shown="made at the first start, in secret.key",
        secret=True,
    )
    host: str = _setting(
        "127.0.0.1", "The address the shop listens on; 0.0.0.0 means every network."
    )
    port: int = _setting(
        8000, "The port the shop listens on.", env="PORT", least=1, most=65535
    )
    server: str = _setting(
        "gunicorn",
        "Which web server runs the shop.",
        choices=("gunicorn", "granian", "waitress"),
    )
    web_workers: int = _setting(
        2, "How many web processes answer readers.", least=1, most=256
    )
    web_threads: int = _setting(
        4, "How many readers one web process answers at once.", least=1, most=256
    )
    public_url: str = _setting(
        "",
        "The address readers see, the beginning of every link in a message.",
        shown="http://127.0.0.1 and the port",
    )
    trusted_hosts: tuple[str, ...] = _setting(
        (),
        "Host names the shop answers to, separated by commas.",
        shown="the host of public_url and this machine",
    )
    proxy_hops: int = _setting(
        0,
        "How many proxies of yours stand before the shop: 1 behind nginx.",
        most=8,
    )
    media: Path = _setting(
        Path("media"),
        "The folder of uploaded pictures and receipts, inside instance if relative.",
        shown="media",
    )
    max_upload_mb: int = _setting(
        8, "The largest file a reader may send, in megabytes.", least=1, most=100
    )
    session_hours: int = _setting(
        12, "After how many hours without a visit a sign-in ends.", least=1, most=8760
    )
    sandbox: bool = _setting(
        False,
        "Whether the demo gateways and the demo SMS page run beside the shop.",
        shown="true until public_url is set",
    )
    sandbox_port: int = _setting(
        0,
        "The first port of the demo gateways, one each, on this machine only.",
        shown="PORT + 300",
        most=65535,
    )
    demo: bool = _setting(
        False,
        "Whether the first start of an empty shop loads the demo catalogue.",
        shown="as sandbox",
    )
    smtp_url: str = _setting(
        "",
        "The mail server: smtp://user:password@host:587, or smtps://… on 465.",
        shown="none: the demo page shows mail",
        secret=True,
    )
    mail_from: str = _setting(
        "", "The sender of every e-mail, as a plain address.", shown="none"
    )
    log_level: str = _setting(
        "INFO",
        "How much the log says.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    )

    @property
    def sandbox_url(self) -> str:
        """Where the demo gateways answer; only this machine can reach it."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def owner_password_file(self) -> Path:
        """Where the first owner finds address and password until they are changed."""
        return self.instance / "owner-password.txt"

    @property
    def sqlite_file(self) -> Path | None:
        """The database file; None if the database is PostgreSQL."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path) if scheme == "sqlite" else None


def _declared() -> dict[str, Setting]:
    kinds = get_type_hints(Config)
    found = {}
    for part in fields(Config):
        said = vars(part.metadata["setting"])
        env = said["env"] or PREFIX + part.name.upper()
        kind = kinds[part.name]
        kind = kind if isinstance(kind, type) else tuple
        found[part.name] = Setting(
            **said | {"name": part.name, "env": env, "kind": kind}
        )
    return found


#: Every setting by its name in ``shop.toml``, in the order of the README.
SETTINGS: Mapping[str, Setting] = _declared()


def load_config(environ: Mapping[str, str], instance: Path | None = None) -> Config:
    """Return the settings of this installation.

    ``instance`` wins over ``SHOP_INSTANCE``. Nothing is written.

    :raises ConfigError: for an unknown key, a bad value or an unreadable file.
    """
    given = _from_environment(environ)
    folder = instance or given.pop("instance", None) or Config.instance
    given.pop("instance", None)
    folder = Path(folder).absolute()
    values = _from_file(folder / "shop.toml") | given | {"instance": folder}
    return _complete(values, environ)


def read_secret_key(config: Config) -> bytes:
    """Return the key that signs cookies and links, made at the first start.

    Several processes may start at once: all get the same key. The file appears
    under its name only when it is whole and on the disk.

    :raises ConfigError: if others may read the file or it is damaged.
    """
    if config.secret_key:
        return config.secret_key.encode()
    path = config.instance / "secret.key"
    try:
        if not path.exists():
            _make_secret(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The secret key {path} cannot be read or made: {error.strerror}."
        ) from error
    if mode & 0o077:
        raise ConfigError(
            f"Other users of this machine may read the secret key; "
            f"run: chmod 600 {path}"
        )
    if len(key) != SECRET_BYTES:
        raise ConfigError(
            f"The secret key {path} is damaged: it has {len(key)} bytes, not "
            f"{SECRET_BYTES}; put the old one back, or delete it to sign everybody out."
        )
    return key


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, secrets.token_bytes(SECRET_BYTES))
        os.fsync(handle)
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key is whole
    finally:
        os.close(handle)
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {setting.env: setting for setting in SETTINGS.values()}
    known = {*names, *(f"{name}_FILE" for name in names)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            wanted = SETTINGS.get(name.removeprefix(PREFIX).lower())
            raise ConfigError(_unknown(name, "", wanted.env if wanted else "", names))
    values = {}
    for name, setting in names.items():
        text, source = environ.get(name, ""), name
        file = environ.get(f"{name}_FILE", "")
        if file and text:
            raise ConfigError(f"Set {name} or {name}_FILE, not both.")
        if file:
            source = f"{name}_FILE"
            text = _read_text(Path(file), source)
        if text:
            values[setting.name] = _parse(setting, text, source)
    return values


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        table = tomllib.loads(_read_text(path, "The settings file"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    values = {}
    for name, value in table.items():
        if name not in SETTINGS or name == "instance":
            raise ConfigError(_unknown(name, f" in {path}", "", SETTINGS))
        values[name] = _parse(SETTINGS[name], value, f"{name} in {path}")
    return values


def _read_text(path: Path, source: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{source}: {path} cannot be read: {reason}.") from error


def _unknown(name: str, where: str, wanted: str, known: Mapping[str, Any]) -> str:
    near = [wanted] if wanted else difflib.get_close_matches(name, known, 1)
    hint = f" Did you mean {near[0]}?" if near else " The README lists all settings."
    return f"{name}{where} is not a setting of this shop.{hint}"


def _parse(setting: Setting, value: object, source: str) -> Any:
    """Return ``value`` in the setting's type; lists and paths also from text."""
    if setting.kind is bool:
        return _parse_bool(value, source)
    if setting.kind is int:
        return _parse_int(setting, value, source)
    if setting.kind is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return tuple(part.strip() for part in parts if part.strip())
        raise ConfigError(f"{source} must be a list of names.")
    if not isinstance(value, str):
        raise ConfigError(f"{source} must be text in quotation marks.")
    if setting.choices:
        for choice in setting.choices:
            if value.strip().lower() == choice.lower():
                return choice
        raise ConfigError(
            f"{source} is {value!r}, but must be one of {', '.join(setting.choices)}."
        )
    return Path(value) if setting.kind is Path else value.strip()


def _parse_bool(value: object, source: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise ConfigError(f"{source} is {value!r}, but must be true or false.")
    return found


def _parse_int(setting: Setting, value: object, source: str) -> int:
    number = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.strip().isdecimal():
        number = int(value)
    if number is None or not setting.least <= number <= setting.most:
        raise ConfigError(
            f"{source} is {value!r}, but must be a whole number "
            f"from {setting.least} to {setting.most}."
        )
    return number


def _complete(values: dict[str, Any], environ: Mapping[str, str]) -> Config:
    """Fill what depends on other settings, and refuse what does not fit together."""
    folder: Path = values["instance"]
    port = values.get("port", Config.port)
    public = _public_url(values.get("public_url", "") or f"http://127.0.0.1:{port}")
    at_home = _is_loopback(public.hostname or "")
    values["public_url"] = public.geturl()
    values["database_url"] = _database_url(values.get("database_url", ""), folder)
    values.setdefault("sandbox", at_home)
    values.setdefault("demo", values["sandbox"])
    values["sandbox_port"] = values.get("sandbox_port") or (
        port + 300 if port + 320 <= 65535 else port - 300
    )
    values["media"] = folder / values.get("media", Config.media)
    values["trusted_hosts"] = values.get("trusted_hosts") or tuple(
        dict.fromkeys([public.hostname or "", "localhost", "127.0.0.1", "[::1]"])
    )
    if values.get("redis_url", "redis:").split(":")[0] not in {
        "redis",
        "rediss",
        "unix",
    }:
        raise ConfigError("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if values.get("smtp_url", "smtp:").split(":")[0] not in {"smtp", "smtps"}:
        raise ConfigError("SHOP_SMTP_URL must begin with smtp:// or smtps://.")
    if 0 < len(values.get("secret_key", "")) < SECRET_BYTES:
        raise ConfigError(
            f"SHOP_SECRET_KEY is too short: it needs {SECRET_BYTES} characters."
        )
    if values["sandbox"] and not at_home:
        raise ConfigError(
            f"The demo gateways never leave this machine: with SHOP_PUBLIC_URL "
            f"{public.geturl()} set SHOP_SANDBOX to false."
        )
    if values["sandbox"] and 0 <= port - values["sandbox_port"] < SANDBOX_PORTS:
        raise ConfigError(
            f"The demo gateways need {SANDBOX_PORTS} ports from SHOP_SANDBOX_PORT on, "
            f"and PORT is among them; choose another of the two."
        )
    debug = environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}
    if debug and not _is_loopback(values.get("host", Config.host)):
        raise ConfigError(
            "FLASK_DEBUG lets anybody run code here: "
            "unset it, or set SHOP_HOST to 127.0.0.1."
        )
    return Config(**values)


def _public_url(text: str) -> SplitResult:
    try:
        url = urlsplit(text.rstrip("/"))
        complete = url.scheme in {"http", "https"} and bool(url.hostname)
        complete = complete and (url.port is None or url.port > 0)
    except ValueError:
        complete = False
    if not complete or url.path or url.query or url.fragment or url.username:
        raise ConfigError(
            f"SHOP_PUBLIC_URL is {text!r}, but must look like https://shop.example."
        )
    return url


def _database_url(text: str, folder: Path) -> str:
    """Return a URL that SQLAlchemy takes; a relative SQLite file lies in ``folder``."""
    if not text:
        return f"sqlite:///{folder / 'shop.db'}"
    scheme, mark, rest = text.partition("://")
    if mark and scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    if mark and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return f"sqlite:///{folder / rest[1:]}"
    raise ConfigError(
        "DATABASE_URL must begin with postgresql:// or be sqlite:/// and a file name."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
