-- delays_end
-- Enqueue what was delayed until now.
-- limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_delayed.
-- Differs: the clock is the vendor's own; SQLite's writers take turns.
UPDATE durable_engine_workflow SET status = 'ENQUEUED', updated_at = durable_now()
WHERE id IN (
    SELECT id FROM durable_engine_workflow INDEXED BY durable_wf_delayed
    WHERE status = 'DELAYED' AND delay_until <= durable_now()
    ORDER BY delay_until LIMIT :limit
)
RETURNING id
