-- What a person can set and end by themselves, one-time links, who did what, and what an administrator can switch.

ALTER TABLE users ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC' CHECK (char_length(time_zone) BETWEEN 1 AND 64);

-- By this number a session is ended from the account page: the token's hash stays out of pages.
ALTER TABLE sessions ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX sessions_id ON sessions (id);

-- Links that work once. As with sessions, only the SHA-256 of what the link holds is kept.
CREATE TABLE account_links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    -- `reset` sets a new password; `first_admin` makes the first administrator's account.
    kind       text NOT NULL CHECK (kind IN ('reset', 'first_admin')),
    user_id    uuid REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK ((kind = 'reset') = (user_id IS NOT NULL))
);
CREATE INDEX account_links_user ON account_links (user_id);
CREATE INDEX account_links_expiry ON account_links (expires_at);

-- Who did what. It names accounts by id alone, so that nothing of a deleted person stays in it.
CREATE TABLE audit_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    event      text NOT NULL CHECK (char_length(event) BETWEEN 1 AND 64),
    actor_id   uuid REFERENCES users ON DELETE SET NULL,
    subject_id uuid REFERENCES users ON DELETE SET NULL,
    address    text NOT NULL DEFAULT '',
    detail     text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_actor ON audit_log (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_log_subject ON audit_log (subject_id) WHERE subject_id IS NOT NULL;

-- One row. NULL means: as the gateway's settings say.
CREATE TABLE site_settings (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    registration     text CHECK (registration IN ('open', 'closed')),
    intake_paused_at timestamptz
);
INSERT INTO site_settings DEFAULT VALUES;
