"""Hand-written psycopg: autocommit, prepared statements, one commit a write."""

import psycopg

TABLES = """
CREATE TABLE workflow (
    id text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    status text NOT NULL,
    inputs text NOT NULL,
    output text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    completed_at timestamptz
);
CREATE INDEX workflow_waiting ON workflow (number) WHERE status = 'ENQUEUED';
CREATE TABLE step (
    workflow_id text NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    output text NOT NULL,
    completed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow_id, position)
);
"""
ENQUEUE = """
INSERT INTO workflow (id, name, status, inputs)
SELECT gen_random_uuid()::text, 'benchmark', 'ENQUEUED', '{"args": [1]}'
FROM generate_series(1, %s)
"""
START = """
INSERT INTO workflow (id, name, status, inputs, started_at)
VALUES (%s, 'benchmark', 'PENDING', %s, clock_timestamp())
"""
RECORD = """
INSERT INTO step (workflow_id, position, name, output) VALUES (%s, %s, 'step', %s)
"""
FINISH = """
UPDATE workflow SET status = 'SUCCESS', output = %s, completed_at = clock_timestamp()
WHERE id = %s AND status = 'PENDING'
"""
CLAIM = """
UPDATE workflow SET status = 'PENDING', started_at = clock_timestamp()
WHERE id = (
    SELECT id FROM workflow WHERE status = 'ENQUEUED'
    ORDER BY number FOR UPDATE SKIP LOCKED LIMIT 1
)
RETURNING id
"""
DRAIN_SECONDS = """
SELECT extract(epoch FROM max(completed_at) - min(started_at))::float8 FROM workflow
"""


class PostgreSQLStore:
    """One connection; a thread has its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def create_tables(self) -> None:
        self._connection.execute(TABLES)

    def enqueue(self, workflows: int) -> None:
        self._connection.execute(ENQUEUE, [workflows])

    def start(self, workflow_id: str, inputs: str) -> None:
        self._connection.execute(START, [workflow_id, inputs], prepare=True)

    def record(self, workflow_id: str, position: int, output: str) -> None:
        self._connection.execute(RECORD, [workflow_id, position, output], prepare=True)

    def finish(self, workflow_id: str, output: str) -> None:
        self._connection.execute(FINISH, [output, workflow_id], prepare=True)

    def claim(self) -> str | None:
        row = self._connection.execute(CLAIM, prepare=True).fetchone()
        return row[0] if row else None

    def drain_seconds(self) -> float:
        (seconds,) = self._connection.execute(DRAIN_SECONDS).fetchone() or (0.0,)
        return float(seconds)
