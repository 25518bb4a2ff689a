-- executor_register
-- Register a process that runs workflows, with a lease.
-- Fields of ExecutorRow; lease_seconds.
-- Returns (epoch seconds of the database).
-- Index: primary key.
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_executor (
    id, hostname, host_key, pid, process_key, kind, app_version, draining,
    started_at, heartbeat_at, lease_expires_at
)
VALUES (
    :id, :hostname, :host_key, :pid, :process_key, :kind, :app_version, false,
    clock_timestamp(), clock_timestamp(), clock_timestamp() + :lease_seconds::float8 * interval '1 second'
)
ON CONFLICT (id) DO UPDATE SET
    lease_expires_at = excluded.lease_expires_at, heartbeat_at = excluded.heartbeat_at
RETURNING extract(epoch FROM heartbeat_at)::float8
