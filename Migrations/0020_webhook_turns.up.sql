-- When an endpoint had its last turn: those that wait take turns, whatever waits longest.
ALTER TABLE webhook_endpoints ADD COLUMN served_at timestamptz;
