-- delay_set
-- Change until when a workflow is delayed; one that is not delayed stays as it is.
-- id; delay_seconds from now, or until: epoch seconds; the other is null.
-- Returns (id) if changed.
-- Index: primary key.
-- Differs: the clock is the vendor's own.
UPDATE durable_engine_workflow SET
    delay_until = durable_instant(COALESCE(
        :until, durable_epoch(durable_now()) + :delay_seconds
    )),
    updated_at = durable_now()
WHERE id = :id AND status = 'DELAYED'
RETURNING id
