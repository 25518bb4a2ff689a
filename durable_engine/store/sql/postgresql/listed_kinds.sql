-- listed_kinds
-- Find workflows of some kinds, by time of creation: all but what is queued and what a
-- process holds. A kind is a status, name, queue and version; few kinds make up
-- millions of rows, so each is looked for by itself, and the rare are found at once.
-- statuses: text array; names, queues, versions: text arrays, null for any; the queue
-- of what was started directly is ''; but: text array of queues left out;
-- since, until: timestamps, both included; beside: id, of what was created exactly at
-- the end that reading begins from only ids behind it count; null for all;
-- newest_first; limit: most rows of each; in_all: most rows; counting: whether they are
-- only counted; most: names and queues of a status, and versions of each of these, that
-- are looked at.
-- Returns (null, null, whether all were looked at, how many were found), and, unless
-- counting, (id, created_at in microseconds, null, null) of `limit` rows of each
-- kind that may have them, in no order.
-- Index: durable_wf_kind, one probe a kind and then the first rows of the first kinds.
-- An array of one, and its column in the order, instead of plain equality: with that, the
-- planner takes the index of all workflows by time where it thinks that many match, and
-- reads millions where few do. Here that index has not the order.
-- Only on PostgreSQL: SQLite has no LATERAL, and its lists are smaller.
WITH RECURSIVE names AS (
    SELECT s.status, n.name, n.queue, 1 AS number
    FROM unnest(:statuses::text[]) AS s (status), LATERAL (
        SELECT w.name, COALESCE(w.queue_name, '') AS queue
        FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = s.status
        ORDER BY w.name, COALESCE(w.queue_name, '') LIMIT 1
    ) AS n
    UNION ALL
    SELECT k.status, n.name, n.queue, k.number + 1
    FROM names AS k, LATERAL (
        SELECT w.name, COALESCE(w.queue_name, '') AS queue
        FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = k.status
            AND (w.name, COALESCE(w.queue_name, '')) > (k.name, k.queue)
        ORDER BY w.name, COALESCE(w.queue_name, '') LIMIT 1
    ) AS n
    WHERE k.number < :most::int
), wanted AS MATERIALIZED (
    SELECT status, name, queue FROM names
    WHERE (:names::text[] IS NULL OR name = ANY(:names::text[]))
        AND (:queues::text[] IS NULL OR queue = ANY(:queues::text[]))
        AND queue <> ALL(:but::text[])
), kinds AS (
    SELECT k.status, k.name, k.queue, v.version, 0 AS number
    FROM wanted AS k, unnest(:versions::text[]) AS v (version)
    UNION ALL (
        SELECT k.status, k.name, k.queue, v.version, 1
        FROM wanted AS k, LATERAL (
            SELECT w.app_version AS version FROM durable_engine_workflow AS w
            WHERE w.status <> 'ENQUEUED'
                AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
                AND w.status = k.status AND w.name = k.name
                AND COALESCE(w.queue_name, '') = k.queue
            ORDER BY w.app_version LIMIT 1
        ) AS v
        WHERE :versions::text[] IS NULL
    )
    UNION ALL
    SELECT k.status, k.name, k.queue, v.version, k.number + 1
    FROM kinds AS k, LATERAL (
        SELECT w.app_version AS version FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = k.status AND w.name = k.name
            AND COALESCE(w.queue_name, '') = k.queue AND w.app_version > k.version
        ORDER BY w.app_version LIMIT 1
    ) AS v
    WHERE k.number BETWEEN 1 AND :most::int - 1
), heads AS MATERIALIZED (
    SELECT k.status, k.name, k.queue, k.version
    FROM kinds AS k, LATERAL (
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = ANY(ARRAY[k.status]) AND w.name = k.name
            AND COALESCE(w.queue_name, '') = k.queue AND w.app_version = k.version
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at < :until::timestamptz
                OR w.id < :beside::text)
            AND :newest_first::boolean
        ORDER BY w.status DESC, w.created_at DESC, w.id DESC LIMIT 1)
        UNION ALL
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = ANY(ARRAY[k.status]) AND w.name = k.name
            AND COALESCE(w.queue_name, '') = k.queue AND w.app_version = k.version
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at > :since::timestamptz
                OR w.id > :beside::text)
            AND NOT :newest_first::boolean
        ORDER BY w.status, w.created_at, w.id LIMIT 1)
    ) AS h
    ORDER BY CASE WHEN :newest_first::boolean THEN h.created_at END DESC,
        CASE WHEN :newest_first::boolean THEN h.id END DESC, h.created_at, h.id
    LIMIT :limit::int
), found AS (
    SELECT f.id, f.created_at
    FROM heads AS k, LATERAL (
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = ANY(ARRAY[k.status]) AND w.name = k.name
            AND COALESCE(w.queue_name, '') = k.queue AND w.app_version = k.version
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at < :until::timestamptz
                OR w.id < :beside::text)
            AND :newest_first::boolean
        ORDER BY w.status DESC, w.created_at DESC, w.id DESC LIMIT :limit::int)
        UNION ALL
        (SELECT w.id, w.created_at FROM durable_engine_workflow AS w
        WHERE w.status <> 'ENQUEUED' AND (w.status <> 'PENDING' OR w.executor_id IS NULL)
            AND w.status = ANY(ARRAY[k.status]) AND w.name = k.name
            AND COALESCE(w.queue_name, '') = k.queue AND w.app_version = k.version
            AND w.created_at BETWEEN :since::timestamptz AND :until::timestamptz
            AND (:beside::text IS NULL OR w.created_at > :since::timestamptz
                OR w.id > :beside::text)
            AND NOT :newest_first::boolean
        ORDER BY w.status, w.created_at, w.id LIMIT :limit::int)
    ) AS f
), taken AS MATERIALIZED (
    SELECT id, created_at FROM found LIMIT :in_all::int
)
SELECT NULL AS id, NULL AS micros, NOT EXISTS (
    SELECT 1 FROM names WHERE number >= :most::int
) AND NOT EXISTS (SELECT 1 FROM kinds WHERE number >= :most::int) AS complete,
    (SELECT count(*) FROM taken)::int AS number
UNION ALL
SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint, NULL, NULL
FROM taken WHERE NOT :counting::boolean
