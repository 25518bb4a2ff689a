-- places_take
-- Let whatever runs of a queue count, whoever owns it, if by now it has limits that
-- count what runs.
-- queue.
-- Returns (id) of the rows changed.
-- Index: durable_wf_owned, durable_wf_due.
-- Differs: JSON functions are the vendor's own.
UPDATE durable_engine_workflow AS w SET place = l.place
FROM (
    SELECT CASE
        WHEN (q.declared || q.overridden) ->> 'release_while_waiting' = 'true' THEN 2
        ELSE 1
    END AS place
    FROM durable_engine_queue AS q
    WHERE q.name = :queue AND (q.declared || q.overridden) ?| ARRAY[
        'concurrency', 'worker_concurrency', 'partition_concurrency'
    ]
) AS l
WHERE w.status = 'PENDING' AND w.place = 0 AND w.queue_name = :queue
RETURNING w.id
