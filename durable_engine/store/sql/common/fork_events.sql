-- fork_events
-- Make the newest copied value of each event its latest, as of the last copied step.
-- new_id: the fork.
-- Returns nothing.
-- Index: primary key.
INSERT INTO durable_engine_event (workflow_id, key, value, position, updated_at)
SELECT h.workflow_id, h.key, h.value, h.position, h.created_at
FROM durable_engine_eventhistory AS h
WHERE h.workflow_id = :new_id AND NOT EXISTS (
    SELECT 1 FROM durable_engine_eventhistory AS later
    WHERE later.workflow_id = h.workflow_id AND later.key = h.key
        AND later.position > h.position
)
