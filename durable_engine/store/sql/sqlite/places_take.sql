-- places_take
-- Let whatever runs of a queue count, whoever owns it, if by now it has limits that
-- count what runs.
-- queue.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned, durable_wf_due.
-- Differs: JSON functions are the vendor's own.
UPDATE durable_engine_workflow SET place = (
    SELECT CASE
        WHEN json_patch(q.declared, q.overridden) ->> 'release_while_waiting' THEN 2
        ELSE 1
    END
    FROM durable_engine_queue AS q WHERE q.name = :queue
)
WHERE status = 'PENDING' AND place = 0 AND queue_name = :queue AND EXISTS (
    SELECT 1
    FROM durable_engine_queue AS q, json_each(json_patch(q.declared, q.overridden)) AS k
    WHERE q.name = :queue
        AND k.key IN ('concurrency', 'worker_concurrency', 'partition_concurrency')
)
RETURNING id
