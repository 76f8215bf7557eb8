-- A correction makes another picture of the same photo: attempts up to this one were for pictures that say what is said no more.
ALTER TABLE full_pictures ADD COLUMN attempts_of_others integer NOT NULL DEFAULT 0;
