-- waiting_sweep
-- Find unloaded workflows whose wake-up was lost (a process died between its commit
-- and its hint), and make them due now.
-- limit: most rows.
-- Returns (id) of the rows changed.
-- Index: durable_wf_waiting, durable_msg_unread, durable_wait_workflow, primary keys.
-- What is awaited is cut at 255 characters, with it an id of more than 253: the first
-- that begins so is meant. An unread message counts however old it is: it was sent by
-- a transaction of any length. So old may no event and no entry of a stream be: there,
-- others of the same workflow would count, too.
-- Differs: arrays and the clock are the vendor's own; SQLite needs no row locks.
UPDATE durable_engine_workflow SET
    wake_at = clock_timestamp(), waiting_on = NULL, updated_at = clock_timestamp()
WHERE id IN (
    SELECT w.id FROM durable_engine_workflow AS w
    WHERE w.waiting_on IS NOT NULL AND w.status = 'PENDING' AND w.executor_id IS NULL
        AND EXISTS (
            SELECT 1 FROM (
                SELECT
                    one.key,
                    CASE WHEN length(one.key) < 255 THEN substr(one.key, 3) ELSE (
                        SELECT t.id FROM durable_engine_workflow AS t
                        WHERE t.id BETWEEN substr(one.key, 3)
                            AND substr(one.key, 3) || '~~~'
                        ORDER BY t.id LIMIT 1
                    ) END AS target
                FROM (
                    SELECT w.waiting_on AS key
                    UNION ALL
                    SELECT k.key FROM durable_engine_waitingkey AS k
                    WHERE k.workflow_id = w.id
                ) AS one
            ) AS awaited
            WHERE CASE substr(awaited.key, 1, 2)
                WHEN 'm:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_message AS m
                    WHERE m.workflow_id = w.id AND m.consumed_position IS NULL
                        AND awaited.key = substr(
                            'm:' || w.id || ':' || m.topic, 1, 255
                        )
                )
                WHEN 'r:' THEN NOT EXISTS (
                    SELECT 1 FROM durable_engine_workflow AS t
                    WHERE t.id = awaited.target
                        AND t.status IN ('ENQUEUED', 'DELAYED', 'PENDING')
                )
                WHEN 'e:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_event AS e
                    WHERE e.workflow_id = awaited.target
                        AND e.updated_at >= w.updated_at - interval '30 seconds'
                )
                WHEN 's:' THEN EXISTS (
                    SELECT 1 FROM durable_engine_streamentry AS e
                    WHERE e.workflow_id = awaited.target
                        AND e.created_at >= w.updated_at - interval '30 seconds'
                )
                ELSE false
            END
        )
    LIMIT :limit FOR UPDATE OF w SKIP LOCKED
)
RETURNING id
