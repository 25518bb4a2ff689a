-- listed_held
-- Find workflows that a process holds. They are few: each takes a place there.
-- executors, names, queues, versions: text arrays, null for any; the queue of what was
-- started directly is ''; but: text array of queues left out;
-- since, until: timestamps, both included; beside: id, of what was created exactly at
-- the end that reading begins from only ids behind it count; null for all;
-- newest_first; limit, in_all: most rows; counting: whether they are only counted;
-- most: rows looked at.
-- Returns (null, null, whether all were looked at, how many were found), and, unless
-- counting, (id, created_at in microseconds, null, null) of `limit` rows, in
-- no order.
-- Index: durable_wf_owned.
-- Only on PostgreSQL: SQLite's planner is right about so few.
WITH held AS MATERIALIZED (
    SELECT w.id, w.created_at, w.name, w.queue_name, w.app_version
    FROM durable_engine_workflow AS w
    WHERE w.status = 'PENDING' AND w.executor_id IS NOT NULL
        AND (:executors::text[] IS NULL OR w.executor_id = ANY(:executors::text[]))
    LIMIT :most::int
), found AS (
    SELECT w.id, w.created_at FROM held AS w
    WHERE (:names::text[] IS NULL OR w.name = ANY(:names::text[]))
        AND (:queues::text[] IS NULL OR COALESCE(w.queue_name, '') = ANY(:queues::text[]))
        AND (:versions::text[] IS NULL OR w.app_version = ANY(:versions::text[]))
        AND COALESCE(w.queue_name, '') <> ALL(:but::text[])
        AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
        AND (:beside::text IS NULL OR CASE WHEN :newest_first::boolean
            THEN w.created_at < :until::timestamptz OR w.id < :beside::text
            ELSE w.created_at > :since::timestamptz OR w.id > :beside::text END)
    ORDER BY
        CASE WHEN :newest_first::boolean THEN w.created_at END DESC,
        CASE WHEN :newest_first::boolean THEN w.id END DESC, w.created_at, w.id
    LIMIT :limit::int
), taken AS MATERIALIZED (
    SELECT id, created_at FROM found LIMIT :in_all::int
)
SELECT NULL AS id, NULL AS micros, (SELECT count(*) FROM held) < :most::int AS complete,
    (SELECT count(*) FROM taken)::int AS number
UNION ALL
SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, NULL, NULL
FROM taken WHERE NOT :counting::boolean
