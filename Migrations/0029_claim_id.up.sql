-- By which claim the last attempt was counted: the same claim, sent again because its answer did not come in time, is the
-- same attempt. NULL where the worker does not tell.
ALTER TABLE analyses ADD COLUMN claim_id uuid;
ALTER TABLE full_pictures ADD COLUMN claim_id uuid;
