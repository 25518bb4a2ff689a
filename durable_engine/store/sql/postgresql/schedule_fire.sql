-- schedule_fire
-- Win the right to start one tick: the first of all workers that gets here, while the
-- schedule is as the caller knows it.
-- name; workflow_name; expression; timezone; context; queue_name: as read; slot:
-- epoch seconds of the tick; grace_seconds: how late a tick may be that is not made
-- up for.
-- Returns (name) if the tick is the caller's.
-- Index: primary key.
-- Guarantee: the row is locked and checked again until the commit, in which the
-- workflow is inserted too; one worker gets each tick (I4: on the database's clock).
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_schedule SET last_slot = to_timestamp(:slot::float8)
WHERE name = :name AND NOT paused AND workflow_name = :workflow_name
    AND expression = :expression AND timezone = :timezone
    AND COALESCE(context, '') = COALESCE(:context::text, '')
    AND COALESCE(queue_name, '') = COALESCE(:queue_name::text, '')
    AND (last_slot IS NULL OR last_slot < to_timestamp(:slot::float8))
    AND to_timestamp(:slot::float8) > active_since AND to_timestamp(:slot::float8) <= clock_timestamp()
    AND (
        automatic_backfill
        OR extract(epoch FROM clock_timestamp())::float8 - :slot::float8 <= :grace_seconds
    )
RETURNING name
