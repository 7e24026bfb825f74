"""Run the shop: ``python app.py``; with words after it: the owner's command line."""

import os
import sys

if sys.version_info < (3, 11):
    sys.exit(f"The shop needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flask import Flask


def create_app() -> "Flask":
    """Build the shop from the environment, for ``flask run`` and ``flask shop``."""
    from shop import create_app as build
    from shop.config import ConfigError

    try:
        app = build()
    except ConfigError as refused:
        sys.exit(str(refused))
    from pathlib import Path

    from flask_migrate import Migrate

    from shop.db import db

    # For `flask db` only: what serves the shop need not load Alembic.
    Migrate(app, db, directory=str(Path(app.root_path) / "migrations"))
    return app


def main(arguments: list[str]) -> int:
    """Open the shop, or pass ``arguments`` to the command line."""
    try:
        if not arguments:
            import gc

            gc.disable()  # loading leaves nothing to collect: 0.2 s of each start
            from shop.running import launch

            return launch.main(os.environ)
        from flask.cli import FlaskGroup

        FlaskGroup(create_app=create_app, add_version_option=False).main(
            arguments, prog_name="python app.py"
        )
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] == "shop":
            raise
        print(
            f"The package {missing.name} is missing; type: make run, "
            "or: pip install -r requirements.txt",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
