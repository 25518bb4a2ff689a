-- duty_note
-- Note how far a duty is done, if it is still the caller's.
-- name; executor_id; done_until: epoch seconds.
-- Returns (name), or nothing: another has it.
-- Index: primary key.
-- Differs: instants are the vendor's own.
UPDATE durable_engine_duty SET done_until = durable_instant(:done_until)
WHERE name = :name AND executor_id = :executor_id
RETURNING name
