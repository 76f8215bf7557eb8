DROP INDEX webhook_deliveries_tried;
