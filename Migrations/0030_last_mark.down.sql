ALTER TABLE analyses DROP COLUMN last_mark;
