"""What must survive a kill: JSON documents by kind and key in one SQLite file."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any


class Store:
    """Write-through memory; a document is safe once ``put`` returns."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS document (kind TEXT NOT NULL,"
            " key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def put(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Keep a document, replacing the one of the same kind and key."""
        text = json.dumps(body, ensure_ascii=False)
        with self._lock:
            self._connection.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, text)
            )

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return the documents of a kind, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT body FROM document WHERE kind = ? ORDER BY rowid", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._connection.execute("DELETE FROM document")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
