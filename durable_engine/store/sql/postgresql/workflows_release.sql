-- workflows_release
-- Give owned workflows back; they continue elsewhere when due or woken.
-- releases: JSON array of ReleaseRow; executor_id: the owner.
-- Returns (id) of the rows accepted.
-- Index: primary key.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): a compare-and-set on owner, epoch and PENDING; raises the epoch.
-- Differs: JSON functions and the clock are vendor's own.
UPDATE durable_engine_workflow AS w SET
    executor_id = NULL, epoch = w.epoch + 1,
    wake_at = to_timestamp(i.wake_at), waiting_on = i.waiting_on,
    updated_at = clock_timestamp()
FROM json_to_recordset(:releases::json) AS i (
        workflow_id text, epoch int, wake_at float8, waiting_on text
    )
WHERE w.id = i.workflow_id AND w.epoch = i.epoch
    AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
RETURNING w.id
