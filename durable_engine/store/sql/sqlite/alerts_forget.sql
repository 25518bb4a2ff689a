-- alerts_forget
-- Forget troubles that are over, and whose cool-down is.
-- age_seconds: since somebody was last told.
-- Returns nothing.
-- Index: none; rows are few.
-- Differs: the clock is the vendor's own.
DELETE FROM durable_engine_alertstate
WHERE since IS NULL AND pending = 0
    AND (raised_at IS NULL OR raised_at <= durable_instant(durable_epoch(durable_now()) - :age_seconds))
