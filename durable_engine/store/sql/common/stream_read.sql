-- stream_read
-- Read the status of a workflow and the next entries of one of its streams, as of one
-- instant: entries that are there when it has ended are not missed.
-- workflow_id; key; offset: of the first wanted; limit: most entries.
-- Returns (status, offset or null, value, closes), by offset; no row: no workflow.
-- Index: primary keys (offsets have no gaps, so that a range bounds their number).
SELECT w.status, e."offset", e.value, e.closes
FROM durable_engine_workflow AS w
LEFT JOIN durable_engine_streamentry AS e
    ON e.workflow_id = w.id AND e.key = :key
    AND e."offset" >= :offset AND e."offset" < :offset + :limit
WHERE w.id = :workflow_id
ORDER BY e."offset"
