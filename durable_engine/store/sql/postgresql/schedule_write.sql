-- schedule_write
-- Insert a schedule, or replace its definition; its pause and its newest tick stay.
-- Fields of ScheduleRow; replace: whether one that is there is replaced.
-- Returns (name) if a row was written; nothing when it is there as it should be.
-- Index: primary key.
-- A new rhythm counts from now: ticks that it would have had before are not missed.
-- Differs: the clock is the vendor's own.
INSERT INTO durable_engine_schedule AS s (
    name, workflow_name, expression, timezone, context, queue_name,
    automatic_backfill, declared_in_code, paused, active_since, created_at, updated_at
)
VALUES (
    :name, :workflow_name, :expression, :timezone, :context, :queue_name,
    :automatic_backfill, :declared_in_code, false, clock_timestamp(), clock_timestamp(), clock_timestamp()
)
ON CONFLICT (name) DO UPDATE SET
    workflow_name = excluded.workflow_name, expression = excluded.expression,
    timezone = excluded.timezone, context = excluded.context,
    queue_name = excluded.queue_name,
    automatic_backfill = excluded.automatic_backfill,
    declared_in_code = excluded.declared_in_code,
    active_since = CASE
        WHEN s.expression = excluded.expression AND s.timezone = excluded.timezone
        THEN s.active_since ELSE excluded.active_since
    END,
    updated_at = excluded.updated_at
WHERE :replace::boolean AND (
    s.workflow_name, s.expression, s.timezone, COALESCE(s.context, ''),
    COALESCE(s.queue_name, ''), s.automatic_backfill, s.declared_in_code
) <> (
    excluded.workflow_name, excluded.expression, excluded.timezone,
    COALESCE(excluded.context, ''), COALESCE(excluded.queue_name, ''),
    excluded.automatic_backfill, excluded.declared_in_code
)
RETURNING name
