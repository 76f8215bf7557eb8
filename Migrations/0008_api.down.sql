DROP TABLE idempotent_answers;
-- A token that may do only some things, or only for a while, must not be one that may do all.
DELETE FROM api_tokens WHERE scopes IS NOT NULL OR expires_at IS NOT NULL OR networks IS NOT NULL;
ALTER TABLE api_tokens DROP COLUMN scopes, DROP COLUMN prefix, DROP COLUMN expires_at, DROP COLUMN networks;
