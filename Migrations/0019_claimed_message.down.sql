ALTER TABLE analyses DROP COLUMN claimed_message;
