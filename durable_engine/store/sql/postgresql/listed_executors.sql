-- listed_executors
-- Find workflows that are not running any more by who ran them last, by time of creation.
-- executors, statuses: text arrays; names, queues, versions: text arrays, null for any;
-- the queue of what was started directly is ''; but: text array of queues left out;
-- since, until: timestamps, both included; beside: id, of what was created exactly at
-- the end that reading begins from only ids behind it count; null for all;
-- newest_first; limit: most rows of each; in_all: most rows.
-- Returns (null, null, true), and (id, created_at in microseconds, null) of `limit` rows
-- of each executor and status, in no order.
-- Index: durable_wf_executor.
-- Only on PostgreSQL: SQLite has no LATERAL, and its lists are smaller.
WITH found AS (
    SELECT f.id, f.created_at
    FROM unnest(:executors::text[]) AS e (executor_id),
        unnest(:statuses::text[]) AS s (status), LATERAL (
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.executor_id IS NOT NULL AND w.status <> 'PENDING'
            AND w.executor_id = e.executor_id AND w.status = s.status
            AND (:names::text[] IS NULL OR w.name = ANY(:names::text[]))
            AND (:queues::text[] IS NULL
                OR COALESCE(w.queue_name, '') = ANY(:queues::text[]))
            AND (:versions::text[] IS NULL OR w.app_version = ANY(:versions::text[]))
            AND COALESCE(w.queue_name, '') <> ALL(:but::text[])
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at < :until::timestamptz
                OR w.id < :beside::text)
            AND :newest_first::boolean
        ORDER BY w.created_at DESC, w.id DESC LIMIT :limit::int)
        UNION ALL
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.executor_id IS NOT NULL AND w.status <> 'PENDING'
            AND w.executor_id = e.executor_id AND w.status = s.status
            AND (:names::text[] IS NULL OR w.name = ANY(:names::text[]))
            AND (:queues::text[] IS NULL
                OR COALESCE(w.queue_name, '') = ANY(:queues::text[]))
            AND (:versions::text[] IS NULL OR w.app_version = ANY(:versions::text[]))
            AND COALESCE(w.queue_name, '') <> ALL(:but::text[])
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at > :since::timestamptz
                OR w.id > :beside::text)
            AND NOT :newest_first::boolean
        ORDER BY w.created_at, w.id LIMIT :limit::int)
    ) AS f
)
SELECT NULL AS id, NULL AS micros, true AS complete
UNION ALL (
    SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, NULL
    FROM found LIMIT :in_all::int
)
