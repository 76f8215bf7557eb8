DROP TABLE site_settings, audit_log, account_links;
ALTER TABLE sessions DROP COLUMN id;
ALTER TABLE users DROP COLUMN time_zone;
