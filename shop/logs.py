"""The log: one JSON object a line on standard error, without personal data.

What a caller writes may hold a phone, an address of a letter, a card or a
secret link by accident; the masks take them out of every text, also of
tracebacks. Facts belong into ``extra``: ``log.info("paid", extra={"order": 7})``;
numbers there stay as they are, texts are masked.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from flask import g, has_app_context

#: What a LogRecord has of its own; everything else came in with ``extra``.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_QUIET = ("urllib3", "werkzeug", "alembic", "PIL", "gunicorn.access")

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
#: Nine digits or more of any script, also in groups: phones, cards, ID numbers.
_NUMBER = re.compile(r"(?<![\w.-])[+＋]?\d(?:[ \-‌]?\d){8,}(?![\w-])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d)?")
#: Keys, signatures and link tokens: long, with letters and digits, no word.
_TOKEN = re.compile(r"(?<![\w/.+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{20,}")
_PATH_TOKEN = re.compile(r"(/orders/)[^/?\s\"']+")
_SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token|otp|authorization|cookie|\bsign)"
    r"[\"']?\s*[=:]\s*)(?:(?:basic|bearer)\s+)?(\"[^\"]*\"|'[^']*'|[^\s,;&}]+)"
)
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]*):[^\s/@]+@")


def mask(text: str) -> str:
    """Return ``text`` without phones, e-mail addresses, cards, tokens and secrets.

    The last two digits of a number stay, so that staff can tell two apart.
    """
    if text.isalpha():
        return text  # a word holds none of them, and is most of what is logged
    text = _URL_PASSWORD.sub(r"\1:[secret]@", text)
    text = _SECRET.sub(r"\1[secret]", text)
    text = _EMAIL.sub("[e-mail]", text)
    text = _PATH_TOKEN.sub(r"\1[token]", text)
    text = _NUMBER.sub(_mask_number, text)
    return _TOKEN.sub("[token]", text)


def _mask_number(found: re.Match[str]) -> str:
    return found[0] if _DATE.match(found[0]) else f"[number …{found[0][-2:]}]"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON; newlines in it cannot forge a second one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            "pid": record.process,
        }
        if has_app_context() and (request_id := g.get("request_id")):
            line["request_id"] = request_id
        for name, value in vars(record).items():
            if name not in _OWN and not name.startswith("_"):
                line[name] = _plain(value)
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = mask(record.stack_info)
        return json.dumps(line, ensure_ascii=True)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value))


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send every log of this process to ``stream``, from ``level`` on.

    Libraries that tell of each of their steps are heard from WARNING on.
    Calling it again replaces the first call.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    # Where a line was logged from is not written, so nobody need look for it
    # (Python's logging HOWTO, "Optimization"): a third of what a line costs.
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = False
