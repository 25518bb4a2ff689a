-- waitingkey_delete
-- Forget what else workflows wait for: they are gone, woken, or wait anew.
-- ids: text array of workflow ids.
-- Returns nothing.
-- Index: durable_wait_workflow.
-- Differs: arrays are the vendor's own.
DELETE FROM durable_engine_waitingkey WHERE workflow_id IN (SELECT value FROM json_each(:ids))
