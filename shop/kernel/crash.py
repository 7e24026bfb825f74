"""Places at which a test lets the process die, as a power cut would.

``CRASH=C5:2`` kills this process with SIGKILL the second time it passes C5;
without the variable a place costs one comparison of two short texts. The
places are those of ``reference/reliability.md`` 3.11; ``docs/proofs.md`` says
what has to hold after each.
"""

import os
import signal


class Armed:
    """Where this process dies ("" is nowhere), the ``left``-th time it passes there."""

    def __init__(self, order: str = "") -> None:
        self.point, _, times = order.partition(":")
        self.left = int(times or 1)


armed = Armed(os.environ.get("CRASH", ""))


def crash(point: str) -> None:
    """Die here without another word if this is the place and the time."""
    if point == armed.point:
        armed.left -= 1
        if armed.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
