-- When the provider had asked whom it recognised, before the code is shown: a session counts as confirmed only with both. NULL: longer
-- ago than a minute, or it does not say; or somebody has shown a password.
ALTER TABLE pending_log_ins ADD COLUMN provider_confirmed_at timestamptz;
