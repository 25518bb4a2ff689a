"""Hand-written sqlite3: write-ahead log, every commit on disk, one commit a write."""

import sqlite3
import uuid

TABLES = """
CREATE TABLE workflow (
    id TEXT PRIMARY KEY,
    number INTEGER,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    inputs TEXT NOT NULL,
    output TEXT,
    created_at REAL NOT NULL DEFAULT (julianday('now')),
    started_at REAL,
    completed_at REAL
);
CREATE INDEX workflow_waiting ON workflow (number) WHERE status = 'ENQUEUED';
CREATE TABLE step (
    workflow_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    output TEXT NOT NULL,
    completed_at REAL NOT NULL DEFAULT (julianday('now')),
    PRIMARY KEY (workflow_id, position)
) WITHOUT ROWID;
"""
ENQUEUE = """
INSERT INTO workflow (id, number, name, status, inputs)
VALUES (?, ?, 'benchmark', 'ENQUEUED', '{"args": [1]}')
"""
START = """
INSERT INTO workflow (id, name, status, inputs, started_at)
VALUES (?, 'benchmark', 'PENDING', ?, julianday('now'))
"""
RECORD = """
INSERT INTO step (workflow_id, position, name, output) VALUES (?, ?, 'step', ?)
"""
FINISH = """
UPDATE workflow SET status = 'SUCCESS', output = ?, completed_at = julianday('now')
WHERE id = ? AND status = 'PENDING'
"""
CLAIM = """
UPDATE workflow SET status = 'PENDING', started_at = julianday('now')
WHERE id = (
    SELECT id FROM workflow WHERE status = 'ENQUEUED' ORDER BY number LIMIT 1
)
RETURNING id
"""
DRAIN_SECONDS = """
SELECT (max(completed_at) - min(started_at)) * 86400 FROM workflow
"""


class SQLiteStore:
    """One connection to a file."""

    def __init__(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def create_tables(self) -> None:
        self._connection.executescript(TABLES)

    def enqueue(self, workflows: int) -> None:
        rows = [(str(uuid.uuid4()), number) for number in range(workflows)]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(ENQUEUE, rows)
        self._connection.execute("COMMIT")

    def start(self, workflow_id: str, inputs: str) -> None:
        self._connection.execute(START, [workflow_id, inputs])

    def record(self, workflow_id: str, position: int, output: str) -> None:
        self._connection.execute(RECORD, [workflow_id, position, output])

    def finish(self, workflow_id: str, output: str) -> None:
        self._connection.execute(FINISH, [output, workflow_id])

    def claim(self) -> str | None:
        row = self._connection.execute(CLAIM).fetchone()
        return row[0] if row else None

    def drain_seconds(self) -> float:
        (seconds,) = self._connection.execute(DRAIN_SECONDS).fetchone()
        return float(seconds)
