-- listed_enqueued
-- Find queued workflows by time of creation. Each combination of queue, version and
-- priority is looked for by itself: in the order of claims, time comes last.
-- names, queues, versions: text arrays, null for any; the queue of a row without one is
-- ''; but: text array of queues left out;
-- since, until: timestamps, both included; beside: id, of what was created exactly at
-- the end that reading begins from only ids behind it count; null for all;
-- newest_first; limit: most rows of each; in_all: most rows; counting: whether they are
-- only counted; most: combinations, and most_named: rows whose name is compared, and
-- rows without a queue, that are looked at.
-- Returns (null, null, whether all were looked at, how many were found), and, unless
-- counting, (id, created_at in microseconds, null, null) of `limit` rows of each
-- combination, in no order.
-- Index: durable_wf_claim. It says nothing of names: with them as its last column, claims
-- were planned by name, and sorted the whole queue. So names are compared of a bounded
-- number of rows only.
-- An array of one, and its column in the order, instead of plain equality: with that, the
-- planner takes the index of all workflows by time where it thinks that many match, and
-- reads millions where few do. Here that index has not the order.
-- Only on PostgreSQL: SQLite has no LATERAL, and its lists are smaller.
WITH RECURSIVE lines AS (
    (
        SELECT w.queue_name AS queue, w.app_version AS version, w.priority, 1 AS number
        FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name >= ''
        ORDER BY w.queue_name, w.app_version, w.priority LIMIT 1
    )
    UNION ALL
    SELECT n.*, k.number + 1
    FROM lines AS k, LATERAL (
        SELECT w.queue_name, w.app_version, w.priority
        FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED'
            AND (w.queue_name, w.app_version, w.priority)
                > (k.queue, k.version, k.priority)
        ORDER BY w.queue_name, w.app_version, w.priority LIMIT 1
    ) AS n
    WHERE k.number < :most::int
), wanted AS MATERIALIZED (
    SELECT queue, version, priority FROM lines
    WHERE (:queues::text[] IS NULL OR queue = ANY(:queues::text[]))
        AND (:versions::text[] IS NULL OR version = ANY(:versions::text[]))
        AND queue <> ALL(:but::text[])
), named AS MATERIALIZED (
    (
        SELECT w.id, w.created_at, w.name, w.app_version
        FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name IS NULL
            AND (:queues::text[] IS NULL OR '' = ANY(:queues::text[]))
            AND '' <> ALL(:but::text[])
        LIMIT :most_named::int
    )
    UNION ALL (
        SELECT w.id, w.created_at, w.name, k.version
        FROM wanted AS k, LATERAL (
            SELECT w.id, w.created_at, w.name FROM durable_engine_workflow AS w
            WHERE w.status = 'ENQUEUED' AND w.queue_name = k.queue
                AND w.app_version = k.version AND w.priority = k.priority
                AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            LIMIT :most_named::int
        ) AS w
        WHERE :names::text[] IS NOT NULL
        LIMIT :most_named::int
    )
), found AS (
    SELECT id, created_at FROM named AS w
    WHERE (:names::text[] IS NULL OR w.name = ANY(:names::text[]))
        AND (:versions::text[] IS NULL OR w.app_version = ANY(:versions::text[]))
        AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
        AND (:beside::text IS NULL OR CASE WHEN :newest_first::boolean
            THEN w.created_at < :until::timestamptz OR w.id < :beside::text
            ELSE w.created_at > :since::timestamptz OR w.id > :beside::text END)
    UNION ALL
    SELECT f.id, f.created_at
    FROM wanted AS k, LATERAL (
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = ANY(ARRAY[k.queue])
            AND w.app_version = k.version AND w.priority = k.priority
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at < :until::timestamptz
                OR w.id < :beside::text)
            AND :newest_first::boolean
        ORDER BY w.queue_name DESC, w.created_at DESC, w.id DESC LIMIT :limit::int)
        UNION ALL
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status = 'ENQUEUED' AND w.queue_name = ANY(ARRAY[k.queue])
            AND w.app_version = k.version AND w.priority = k.priority
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at > :since::timestamptz
                OR w.id > :beside::text)
            AND NOT :newest_first::boolean
        ORDER BY w.queue_name, w.created_at, w.id LIMIT :limit::int)
    ) AS f
    WHERE :names::text[] IS NULL
), taken AS MATERIALIZED (
    SELECT id, created_at FROM found LIMIT :in_all::int
)
SELECT NULL AS id, NULL AS micros, NOT EXISTS (
    SELECT 1 FROM lines WHERE number >= :most::int
) AND (SELECT count(*) FROM named) < :most_named::int AS complete,
    (SELECT count(*) FROM taken)::int AS number
UNION ALL
SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, NULL, NULL
FROM taken WHERE NOT :counting::boolean
