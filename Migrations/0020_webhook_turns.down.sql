ALTER TABLE webhook_endpoints DROP COLUMN served_at;
