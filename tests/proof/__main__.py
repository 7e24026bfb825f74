"""The long proofs, one command each or all: ``python -m tests.proof [NAME …]``.

On SQLite, and on PostgreSQL where ``TEST_DATABASE_URL`` names a database (an
empty one is made beside it). Prints a table, or with ``--json`` everything.
Ends with 1 if anything was wrong.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable

from flask import Flask

from tests.proof import answers, deliveries, refunds, submits
from tests.proof.crowd import Crowd
from tests.proof.figures import Figures, a_shop, machine

PROOFS: dict[str, Callable[[Flask, int, Crowd], Figures]] = {
    "deliveries": deliveries.prove,
    "refunds": refunds.prove,
    "submits": submits.prove,
    "answers": answers.prove,
}
#: Of each unless told otherwise; notifications come four a second, as they do.
COUNT, FEWER = 10_000, {"answers": 600}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proof", nargs="*", choices=[*PROOFS, []])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = []
    for url in filter(None, ("sqlite", os.environ.get("TEST_DATABASE_URL"))):
        for name in asked.proof or PROOFS:
            count = asked.count or FEWER.get(name, COUNT)
            with a_shop(url) as app:
                figures = PROOFS[name](app, count, Crowd(4, 4))
            found.append(figures)
            if not asked.json:
                print(figures.row(), flush=True)  # noqa: T201
    if asked.json:
        print(json.dumps([one.as_json() for one in found], indent=1))  # noqa: T201
    else:
        print(f"on {machine()}")  # noqa: T201
    return 1 if any(one.wrong for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
