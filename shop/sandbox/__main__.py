"""``python -m shop.sandbox [keygen] --port 8300 --dir instance/sandbox``."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from shop.sandbox.keys import PORTS, hand_out, load_or_make
from shop.sandbox.notify import is_loopback
from shop.sandbox.server import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop, or only make the keys; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m shop.sandbox")
    parser.add_argument("command", nargs="?", choices=["serve", "keygen"])
    parser.add_argument("--port", type=int, default=8300, help="first of eleven ports")
    parser.add_argument("--dir", type=Path, default=Path("instance/sandbox"))
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument(
        "--time-scale",
        type=float,
        default=float(os.environ.get("SIM_TIME_SCALE", "1")),
        help="how many times faster notifications are repeated",
    )
    given = parser.parse_args(arguments)
    if not is_loopback(given.host):
        sys.stderr.write("The sandbox is for this machine only.\n")
        return 2
    if given.command == "keygen":
        ports = {service: given.port + away for service, away in PORTS.items()}
        hand_out(given.dir, load_or_make(given.dir), ports)
        sys.stdout.write(f"Keys are in {given.dir / 'merchant.json'}\n")
        return 0
    sandbox = Sandbox(given.dir, given.port, given.time_scale)
    sandbox.box.probes = True
    try:
        sandbox.start()
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sys.stdout.write(f"Sandbox: {sandbox.box.url('control', '/_sim/inbox')}\n")
    sys.stdout.flush()
    stop.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
