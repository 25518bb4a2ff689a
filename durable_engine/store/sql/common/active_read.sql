-- active_read
-- Tell whether anything could still run here (for --burst).
-- versions and names are not looked at: what others must run is not waited for.
-- executor_id.
-- Returns (number of workflows owned, at most 1).
-- Index: durable_wf_owned.
SELECT count(*) FROM (
    SELECT 1 FROM durable_engine_workflow
    WHERE status = 'PENDING' AND executor_id = :executor_id LIMIT 1
) AS owned
