ALTER TABLE full_pictures DROP COLUMN attempts_of_others;
