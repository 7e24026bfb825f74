"""Many at once: threads, and for the long forms several processes of them."""

import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from shop.db import db


@dataclass(frozen=True)
class Crowd:
    """How many do something at the same time: processes, each with threads.

    One process is the one that asks: nothing is forked then.
    """

    processes: int = 1
    threads: int = 4

    def do(self, app: Flask, count: int, work: Callable[[int], str]) -> Counter[str]:
        """Do ``work(number)`` for each number below ``count``; count what it said.

        Neighbours are done at the same time by different processes and threads.
        An exception is said by its name.
        """
        db.session.remove()
        if self.processes == 1:
            return self._share(app, range(count), work)
        db.engine.dispose()
        readers = []
        for place in range(self.processes):
            reader, writer = os.pipe()
            if not os.fork():
                os.close(reader)
                _report(writer, self, app, range(place, count, self.processes), work)
            os.close(writer)
            readers.append(reader)
        said: Counter[str] = Counter()
        for reader in readers:
            with os.fdopen(reader) as lines:
                said.update(json.load(lines))
        for _ in readers:
            os.wait()
        return said

    def _share(
        self, app: Flask, numbers: range, work: Callable[[int], str]
    ) -> Counter[str]:
        said: Counter[str] = Counter()
        lock = threading.Lock()
        gate = threading.Barrier(self.threads)

        def run(place: int) -> None:
            own: Counter[str] = Counter()
            gate.wait()
            for number in numbers[place :: self.threads]:
                with app.app_context():
                    try:
                        own[work(number)] += 1
                    except Exception as error:
                        own[f"{type(error).__name__}: {error}"[:120]] += 1
                    finally:
                        db.session.remove()
            with lock:
                said.update(own)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return said


def _report(
    writer: int, crowd: Crowd, app: Flask, numbers: range, work: Callable[[int], str]
) -> None:
    """Do a share in this fork, say what came of it, and end."""
    code = 1
    try:
        with app.app_context():
            db.engine.dispose(close=False)
        said = crowd._share(app, numbers, work)
        with os.fdopen(writer, "w") as out:
            json.dump(said, out)
        code = 0
    finally:
        os._exit(code)
