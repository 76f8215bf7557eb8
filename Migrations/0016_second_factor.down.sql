DROP TABLE pending_log_ins, recovery_codes, second_factors;
ALTER TABLE sessions DROP COLUMN confirmed_at;
ALTER TABLE users DROP COLUMN theme;
