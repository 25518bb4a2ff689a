-- delay_set
-- Change until when a workflow is delayed; one that is not delayed stays as it is.
-- id; delay_seconds from now, or until: epoch seconds; the other is null.
-- Returns (id) if changed.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET
    delay_until = COALESCE(
        to_timestamp(:until::float8),
        clock_timestamp() + :delay_seconds::float8 * interval '1 second'
    ),
    updated_at = clock_timestamp()
WHERE id = :id AND status || '' = 'DELAYED'
RETURNING id
