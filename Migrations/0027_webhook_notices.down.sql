ALTER TABLE webhook_endpoints DROP COLUMN older_secrets, DROP COLUMN older_until;
DROP INDEX webhook_endpoints_told;
CREATE INDEX webhook_endpoints_told ON webhook_endpoints (disabled_at) WHERE disabled_at IS NOT NULL AND told_at IS NULL;
ALTER TABLE webhook_endpoints DROP COLUMN tell_after, DROP COLUMN tell_tries;
