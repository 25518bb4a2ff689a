-- places_mark
-- Let running workflows of queues that have limits from now on count: those of this
-- process, and those that nobody owns. Every worker does it when it sees the limits.
-- queues: JSON array; executor_id; place.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned, durable_wf_due.
-- Differs: arrays are the vendor's own.
UPDATE durable_engine_workflow SET place = :place
WHERE status = 'PENDING' AND place = 0
    AND queue_name IN (SELECT value FROM json_each(:queues))
    AND (executor_id = :executor_id OR executor_id IS NULL)
RETURNING id
