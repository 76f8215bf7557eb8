-- Sign-in by a provider (OpenID Connect).

-- NULL: whoever has the account comes by a provider, and no password opens it.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;

-- Who somebody is to a provider. By issuer and subject they are recognised again, never by their e-mail address.
CREATE TABLE identities (
    issuer       text NOT NULL CHECK (char_length(issuer) BETWEEN 1 AND 2000),
    subject      text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    connected_at timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
);

-- People on their way to a provider and back. `state` comes back in the address; the other half is in a cookie, so that what one
-- browser began no other one ends. Of both, random, the SHA-256 is enough.
CREATE TABLE provider_trips (
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    purpose      text NOT NULL CHECK (purpose IN ('log_in', 'connect', 'confirm')),
    -- Whose account it is about; nobody's before a log-in.
    user_id      uuid REFERENCES users ON DELETE CASCADE,
    -- The page of this site that is gone on to.
    next         text NOT NULL DEFAULT '' CHECK (char_length(next) <= 500),
    begun_at     timestamptz NOT NULL DEFAULT now(),
    CHECK ((purpose = 'log_in') = (user_id IS NULL))
);
CREATE INDEX provider_trips_user ON provider_trips (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX provider_trips_begun ON provider_trips (begun_at);

-- Whether a session was opened by a provider's word: what the provider asks for is its own affair.
ALTER TABLE sessions ADD COLUMN by_provider boolean NOT NULL DEFAULT false;
ALTER TABLE pending_log_ins ADD COLUMN by_provider boolean NOT NULL DEFAULT false;

-- When the provider last asked the session's person again; a second factor of this site's is asked besides.
ALTER TABLE sessions ADD COLUMN provider_confirmed_at timestamptz;
