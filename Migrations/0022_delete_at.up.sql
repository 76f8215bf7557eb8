-- What is to be kept for no longer is found by when that is over: the sweeper read every row with a time of its own, however far
-- away its end was.
CREATE INDEX analyses_delete_at ON analyses (((finished_at AT TIME ZONE 'UTC') + make_interval(days => delete_after)))
    WHERE delete_after IS NOT NULL;
DROP INDEX analyses_delete_after;
