-- A second factor at log-in, what is asked again before dangerous acts, and how pages look.

ALTER TABLE users ADD COLUMN theme text NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark'));

-- When the person last showed all that a log-in asks for. NULL: before this was kept, and so too long ago.
ALTER TABLE sessions ADD COLUMN confirmed_at timestamptz;
ALTER TABLE sessions ALTER COLUMN confirmed_at SET DEFAULT now();

CREATE TABLE second_factors (
    user_id       uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    -- 20 random bytes, sealed with a key made from the gateway's secret and bound to the account (AES-GCM).
    secret        bytea NOT NULL CHECK (octet_length(secret) BETWEEN 20 AND 200),
    begun_at      timestamptz NOT NULL DEFAULT now(),
    -- NULL until a code has shown that an app has the secret: until then it counts for nothing.
    confirmed_at  timestamptz,
    -- The step of 30 seconds whose code was taken last. Only later ones are: a code works once.
    last_step     bigint NOT NULL DEFAULT 0,
    -- Wrong codes since the last right one, and until when no further one is looked at.
    failures      bigint NOT NULL DEFAULT 0,
    refused_until timestamptz
);

-- Those that are left: one that is used is deleted. Of random codes their SHA-256 is enough.
CREATE TABLE recovery_codes (
    user_id   uuid NOT NULL REFERENCES second_factors ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    PRIMARY KEY (user_id, code_hash)
);

-- Who has shown the password and not yet the code. It opens nothing but the page that asks for the code.
CREATE TABLE pending_log_ins (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    begun_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_log_ins_user ON pending_log_ins (user_id);
