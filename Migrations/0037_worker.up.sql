-- The worker process that took the photo last, for the operator who looks for what went wrong; NULL where none has, and of those that
-- were taken before this.
ALTER TABLE analyses ADD COLUMN worker text;
