-- Notices of webhooks that were switched off: at most one a day, and an address that takes none is tried ever more rarely.

-- Not before that its owner is told (again); NULL while nobody was. `told_at` is from now on when the owner was told last, or was
-- given up, and stays when the endpoint is switched on.
ALTER TABLE webhook_endpoints ADD COLUMN tell_after timestamptz;
-- How often it was tried in vain.
ALTER TABLE webhook_endpoints ADD COLUMN tell_tries integer NOT NULL DEFAULT 0;
UPDATE webhook_endpoints SET tell_after = told_at + interval '24 hours';
DROP INDEX webhook_endpoints_told;
CREATE INDEX webhook_endpoints_told ON webhook_endpoints (tell_after NULLS FIRST, disabled_at)
    WHERE disabled_at IS NOT NULL AND (told_at IS NULL OR told_at < disabled_at);

-- The secrets before `previous_secret` that go on signing as well, each until the end of its own day: whoever changes the secret
-- twice has receivers that know the first one.
ALTER TABLE webhook_endpoints ADD COLUMN older_secrets text[] NOT NULL DEFAULT '{}';
ALTER TABLE webhook_endpoints ADD COLUMN older_until timestamptz[] NOT NULL DEFAULT '{}';
