ALTER TABLE webhook_deliveries DROP COLUMN traceparent;
ALTER TABLE analyses DROP COLUMN traceparent;
