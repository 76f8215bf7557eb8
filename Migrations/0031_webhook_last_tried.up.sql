-- The account page shows what each endpoint was sent last, and read every message of it.
CREATE INDEX webhook_deliveries_tried ON webhook_deliveries (endpoint_id, tried_at DESC) WHERE tried_at IS NOT NULL;
