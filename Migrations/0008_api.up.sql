-- What API tokens may do, until when and from where; and the answers to requests that programs may send twice.

-- NULL: a token of before, which may do all but admin:write.
ALTER TABLE api_tokens ADD COLUMN scopes text[];
-- How its text begins, for its owner to tell it by; empty for a token of before.
ALTER TABLE api_tokens ADD COLUMN prefix text NOT NULL DEFAULT '';
ALTER TABLE api_tokens ADD COLUMN expires_at timestamptz;
-- From where it may be used; NULL for everywhere.
ALTER TABLE api_tokens ADD COLUMN networks inet[];

-- Written in the transaction that accepts what was sent, so that it is there exactly when that was done.
CREATE TABLE idempotent_answers (
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key         text NOT NULL,
    -- SHA-256 of what was asked.
    request     bytea NOT NULL CHECK (octet_length(request) = 32),
    -- The analyses that it made, and the refusals beside them.
    answer      text NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotent_answers_age ON idempotent_answers (answered_at);
