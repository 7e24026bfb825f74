"""The shops that are measured: built once, kept outside the tree, run on free ports."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.inside import Facts
from tests.bench.processes import PYTHON, ROOT, Server, free_port, running

MIGRATIONS = ROOT / "shop" / "migrations" / "versions"


def folder() -> Path:
    """Return where the shops are kept: BENCH_DIR, else a temporary folder."""
    given = os.environ.get("BENCH_DIR", "")
    made = Path(given) if given else Path(tempfile.gettempdir()) / "anar-bench"
    made.mkdir(parents=True, exist_ok=True, mode=0o700)
    return made


@dataclass(frozen=True)
class Shop:
    """One installation with a SQLite database of its own."""

    home: Path

    def environ(self, **more: str) -> dict[str, str]:
        """Return the settings of this shop and of nothing else around it."""
        bare = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SHOP_")
            and name not in {"DATABASE_URL", "REDIS_URL", "PORT", "FLASK_DEBUG"}
        }
        mine = {
            "SHOP_INSTANCE": str(self.home),
            "SHOP_SANDBOX": "false",
            "SHOP_DEMO": "false",
            "SHOP_PROXY_HOPS": "1",  # buyers come from many addresses
        }
        return bare | mine | more

    def command(self, *words: str, **more: str) -> None:
        """Run the owner's command line; its progress bar is shown."""
        subprocess.run(
            [*PYTHON, "app.py", "shop", *words],
            cwd=ROOT, env=self.environ(**more), check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def inside(self, verb: str, *paths: str) -> Any:
        """Run a verb of ``tests.bench.inside``; return what it says."""
        done = subprocess.run(
            [*PYTHON, "-m", "tests.bench.inside", verb, *paths],
            cwd=ROOT, env=self.environ(SHOP_LOG_LEVEL="ERROR"), check=True,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return json.loads(done.stdout) if done.stdout.strip() else None

    def facts(self) -> Facts:
        """Return the pages to measure."""
        return Facts(**self.inside("facts"))

    @contextmanager
    def open(self, server: str = "", path: str = "/healthz") -> Iterator[Server]:
        """Run the web processes alone."""
        with self._run(["-m", "shop.running.web"], path, server) as found:
            yield found

    @contextmanager
    def open_all(self) -> Iterator[Server]:
        """Run the shop as ``make run`` does: web processes and worker."""
        with self._run(["app.py"], "/zh/", "") as found:
            yield found

    @contextmanager
    def _run(self, words: list[str], path: str, server: str) -> Iterator[Server]:
        port = free_port()
        environ = self.environ(PORT=str(port))
        if server:
            environ["SHOP_SERVER"] = server
        log = self.home / "bench.log"
        with running([*PYTHON, *words], port, path, environ, log) as found:
            yield found


def generated(size: int, *, narrow: bool = False) -> Shop:
    """Return a shop with so many made-up products, building it if it is not there."""
    return _built(
        f"{size}{'-narrow' if narrow else ''}",
        lambda shop: _fill(shop, size, narrow=narrow),
    )


def demo() -> Shop:
    """Return a shop with the demo catalogue."""
    return _built("demo", lambda shop: shop.command("setup", SHOP_DEMO="true"))


def _fill(shop: Shop, size: int, *, narrow: bool) -> None:
    """Generate and index; either goes on where it was interrupted."""
    shop.command("setup")
    shop.command("generate", "--size", str(size))
    if narrow:
        shop.inside("narrow")
    shop.command("reindex")


def _built(name: str, build: Any) -> Shop:
    shop = Shop(folder() / f"{name}-{_tables()}")
    done = shop.home / "bench-complete"
    if not done.exists():
        shop.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        build(shop)
        done.touch()
    return shop


def _tables() -> str:
    """Return a mark of the present tables: a shop of older ones is built anew."""
    import hashlib

    digest = hashlib.sha256()
    for path in sorted(MIGRATIONS.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def copy(shop: Shop, name: str) -> Shop:
    """Return a copy that may be written to."""
    home = folder() / name
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(shop.home, home)
    return Shop(home)


@contextmanager
def limit() -> Iterator[Server]:
    """Run the constant page that gives U."""
    port = free_port()
    words = ["-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--log-level"]
    command = [*PYTHON, *words, "error", "tests.bench.baseline:app"]
    environ: Mapping[str, str] = dict(os.environ)
    with running(command, port, "/a", environ, folder() / "limit.log") as found:
        yield found
