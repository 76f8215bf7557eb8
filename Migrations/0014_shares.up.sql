-- Links by which people without an account see one result or one batch.

CREATE TABLE shares (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- One of the two; the link ends with it.
    analysis_id    uuid REFERENCES analyses ON DELETE CASCADE,
    batch_id       uuid REFERENCES batches ON DELETE CASCADE,
    -- The SHA-256 of what the link holds, and how that begins, by which its owner tells links apart.
    token_hash     bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    prefix         text NOT NULL,
    -- Argon2id; NULL for a link without a password.
    password_hash  text,
    -- What is told of the photo: nothing, its title, or all that its owner wrote.
    information    text NOT NULL CHECK (information IN ('nothing', 'title', 'all')),
    -- Whether the photo may be saved as it was sent.
    gives_original boolean NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    -- When its owner ended it, or the analysis was cancelled.
    ended_at       timestamptz,
    -- How often others opened it, and when last.
    views          bigint NOT NULL DEFAULT 0,
    viewed_at      timestamptz,
    CHECK (num_nonnulls(analysis_id, batch_id) = 1)
);
CREATE INDEX shares_user ON shares (user_id, created_at DESC, id DESC);
CREATE INDEX shares_analysis ON shares (analysis_id) WHERE analysis_id IS NOT NULL;
CREATE INDEX shares_batch ON shares (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX shares_age ON shares (least(expires_at, ended_at));
