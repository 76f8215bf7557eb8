-- The trace that an upload belongs to (W3C Trace Context), so that what comes of it is told under the same id.

-- The header `traceparent` as the gateway passes it on; NULL for what came before there were traces.
ALTER TABLE analyses ADD COLUMN traceparent text;
-- NULL for a message that no single upload caused: it begins a trace of its own.
ALTER TABLE webhook_deliveries ADD COLUMN traceparent text;
