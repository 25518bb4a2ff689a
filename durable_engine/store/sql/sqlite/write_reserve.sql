-- write_reserve
-- Take the file's write lock, for the rest of the transaction, and change nothing.
-- Returns nothing.
-- Index: primary key. No queue has this name.
UPDATE durable_engine_queue SET paused = paused WHERE name = ''
