DROP TABLE webhook_deliveries, webhook_endpoints;
-- Tokens keep what earlier releases know.
UPDATE api_tokens SET scopes = array_remove(scopes, 'webhooks') WHERE 'webhooks' = ANY(scopes);
DELETE FROM api_tokens WHERE scopes = '{}';
