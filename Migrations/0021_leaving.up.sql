-- When the deletion of an account began. Nobody can use it from then on; what belongs to it goes in portions, and whoever is
-- interrupted at that leaves the rest to the gateway's next sweep.
ALTER TABLE users ADD COLUMN leaving_at timestamptz CHECK (leaving_at IS NULL OR disabled_at IS NOT NULL);
CREATE INDEX users_leaving ON users (leaving_at) WHERE leaving_at IS NOT NULL;
