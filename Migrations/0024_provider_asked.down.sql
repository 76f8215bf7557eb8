ALTER TABLE pending_log_ins DROP COLUMN provider_confirmed_at;
