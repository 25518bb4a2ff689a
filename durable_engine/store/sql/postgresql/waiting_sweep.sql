-- waiting_sweep
-- Find unloaded workflows whose wake-up was lost (a process died between its commit
-- and its hint), and make them due now.
-- limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_waiting, durable_msg_unread, durable_wait_workflow, primary keys.
-- Differs: arrays and the clock are the vendor's own; SQLite needs no row locks.
UPDATE durable_engine_workflow SET
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
WHERE id IN (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.waiting_on IS NOT NULL AND w.status = 'PENDING' AND w.executor_id IS NULL
        AND (
            CASE substr(w.waiting_on, 1, 2)
                WHEN 'm:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_message AS m
                    WHERE m.workflow_id = w.id AND m.consumed_position IS NULL
                        AND m.created_at >= w.updated_at - interval '30 seconds'
                )
                WHEN 'r:' THEN NOT EXISTS (
                    SELECT 1 FROM durable_engine_workflow AS t
                    WHERE t.id = substr(w.waiting_on, 3)
                        AND t.status IN ('ENQUEUED', 'DELAYED', 'PENDING')
                )
                WHEN 'e:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_event AS e
                    WHERE e.workflow_id = substr(w.waiting_on, 3)
                        AND e.updated_at >= w.updated_at - interval '30 seconds'
                )
                WHEN 's:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_streamentry AS e
                    WHERE e.workflow_id = substr(w.waiting_on, 3)
                        AND e.created_at >= w.updated_at - interval '30 seconds'
                )
                ELSE false
            END
            OR EXISTS (
                SELECT 1 FROM durable_engine_waitingkey AS k
                WHERE k.workflow_id = w.id AND substr(k.key, 1, 2) = 'r:'
                    AND NOT EXISTS (
                        SELECT 1 FROM durable_engine_workflow AS t
                        WHERE t.id = substr(k.key, 3)
                            AND t.status IN ('ENQUEUED', 'DELAYED', 'PENDING')
                    )
            )
        )
    LIMIT :limit FOR UPDATE SKIP LOCKED
)
RETURNING id
