-- outcomes_update
-- Record the ends of owned workflows.
-- rows: JSON array of OutcomeRow; executor_id: the owner.
-- Returns (id) of the rows accepted.
-- Index: primary key.
-- `status || ''`: no partial index, empty when last analysed, may look cheaper.
-- Fence (I3): a compare-and-set on owner, epoch and PENDING.
-- Differs: JSON functions and the clock are vendor's own.
UPDATE durable_engine_workflow AS w SET
    status = i.status, output = i.output, error = i.error,
    wake_at = NULL, waiting_on = NULL,
    completed_at = clock_timestamp(), updated_at = clock_timestamp()
FROM json_to_recordset(:rows::json) AS i (
        workflow_id text, epoch int, status text, output text, error text
    )
WHERE w.id = i.workflow_id AND w.epoch = i.epoch
    AND w.executor_id = :executor_id AND w.status || '' = 'PENDING'
RETURNING w.id
