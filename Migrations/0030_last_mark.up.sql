-- The highest mark that a face of this photo got, which the model had missed: a number that was taken back is not given again.
ALTER TABLE analyses ADD COLUMN last_mark integer NOT NULL DEFAULT 0;
