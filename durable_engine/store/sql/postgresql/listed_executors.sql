-- listed_executors
-- Find workflows that are not running any more by who ran them last, by time of creation.
-- executors, statuses: text arrays;
-- since, until: timestamps, both included; beside: id, of what was created exactly at
-- the end that reading begins from only ids behind it count; null for all;
-- newest_first; limit: most rows of each; in_all: most rows; counting: whether they are
-- only counted.
-- Returns (null, null, true, how many were found), and, unless
-- counting, (id, created_at in microseconds, null, null) of `limit` rows of each
-- executor and status, in no order. It asks for nothing else, so that no row is read in
-- vain: of millions that a process ran, none may have the name that is wanted.
-- Index: durable_wf_executor.
-- An array of one, and its column in the order, instead of plain equality: with that, the
-- planner takes the index of all workflows by time where it thinks that many match, and
-- reads millions where few do. Here that index has not the order.
-- Only on PostgreSQL: SQLite has no LATERAL, and its lists are smaller.
WITH found AS (
    SELECT f.id, f.created_at
    FROM unnest(:executors::text[]) AS e (executor_id),
        unnest(:statuses::text[]) AS s (status), LATERAL (
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.executor_id IS NOT NULL AND w.status <> 'PENDING'
            AND w.executor_id = ANY(ARRAY[e.executor_id]) AND w.status = s.status
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at < :until::timestamptz
                OR w.id < :beside::text)
            AND :newest_first::boolean
        ORDER BY w.executor_id DESC, w.created_at DESC, w.id DESC LIMIT :limit::int)
        UNION ALL
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.executor_id IS NOT NULL AND w.status <> 'PENDING'
            AND w.executor_id = ANY(ARRAY[e.executor_id]) AND w.status = s.status
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at > :since::timestamptz
                OR w.id > :beside::text)
            AND NOT :newest_first::boolean
        ORDER BY w.executor_id, w.created_at, w.id LIMIT :limit::int)
    ) AS f
), taken AS MATERIALIZED (
    SELECT id, created_at FROM found LIMIT :in_all::int
)
SELECT NULL AS id, NULL AS micros, true AS complete,
    (SELECT count(*) FROM taken)::int AS number
UNION ALL
SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, NULL, NULL
FROM taken WHERE NOT :counting::boolean
