-- delays_end
-- Enqueue what was delayed until now.
-- limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_delayed.
-- Differs: the clock is the vendor's own; SQLite's writers take turns.
UPDATE durable_engine_workflow AS w SET
    status = 'ENQUEUED', updated_at = clock_timestamp()
FROM (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.status = 'DELAYED' AND w.delay_until <= (SELECT clock_timestamp())
    ORDER BY w.delay_until LIMIT :limit FOR UPDATE SKIP LOCKED
) AS due
WHERE w.id = due.id AND w.status || '' = 'DELAYED'
RETURNING w.id
