-- message_unread
-- Tell whether an unread message of a topic waits.
-- workflow_id; topic.
-- Returns (1) or nothing.
-- Index: durable_msg_unread.
SELECT 1 FROM durable_engine_message
WHERE workflow_id = :workflow_id AND topic = :topic AND consumed_position IS NULL
LIMIT 1
