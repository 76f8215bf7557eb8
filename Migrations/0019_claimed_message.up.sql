-- Which message of the outbox the photo was claimed by: copies of it that lie in other partitions open nothing until it is
-- published again. NULL where any message may claim it.
ALTER TABLE analyses ADD COLUMN claimed_message bigint;
