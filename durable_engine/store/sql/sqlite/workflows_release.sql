-- workflows_release
-- Give owned workflows back; they continue elsewhere when due or woken.
-- releases: JSON array of ReleaseRow; executor_id: the owner.
-- Returns (id) of the rows accepted.
-- Index: primary key (a unary plus keeps the planner from the index of owned rows).
-- Fence (I3): a compare-and-set on owner, epoch and PENDING; raises the epoch.
UPDATE durable_engine_workflow AS w SET
    executor_id = NULL, epoch = w.epoch + 1,
    wake_at = durable_instant(i.value ->> 'wake_at'),
    waiting_on = i.value ->> 'waiting_on', updated_at = durable_now()
FROM json_each(:releases) AS i
WHERE w.id = i.value ->> 'workflow_id' AND w.epoch = i.value ->> 'epoch'
    AND +w.executor_id = :executor_id AND +w.status = 'PENDING'
RETURNING id
