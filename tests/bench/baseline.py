"""The limit: a Flask route that returns a constant page of 18.4 kB.

Under gunicorn sync with two workers its CPU time is one U.
"""

import random

from flask import Flask

SIZE = 18_400
_WORDS = ["商品", "质量", "颜色", "سبد", "خرید", "کیفیت", "bag", "shirt", "soft"]


def _page() -> str:
    dice = random.Random(7)
    lines = ["<!doctype html><title>U</title>"]
    while sum(len(line.encode()) + 1 for line in lines) < SIZE:
        lines.append(f"<p>{' '.join(dice.choices(_WORDS, k=12))}</p>")
    return "\n".join(lines)


PAGE = _page()
app = Flask(__name__)


@app.get("/a")
def constant() -> str:
    """Return the page; Flask encodes it for each request."""
    return PAGE
