-- Where programs are called when an analysis or a batch ends, and what is sent to them: an outbox of its own.

CREATE TABLE webhook_endpoints (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    url             text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2000),
    events          text[] NOT NULL CHECK (cardinality(events) > 0),
    -- What links in messages begin with: the site's address, as far as it is known.
    site            text NOT NULL DEFAULT '',
    -- In clear, since messages are signed with them. The one before goes on signing beside it until its end.
    secret          text NOT NULL,
    previous_secret text,
    previous_until  timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- Set while nothing is sent, with the reason: `owner` switched it off, it answered `gone`, or it was `failing` for long.
    disabled_at     timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('owner', 'gone', 'failing')),
    -- When its owner was sent a message about that.
    told_at         timestamptz,
    -- Since when no message was taken; NULL after one that was.
    failing_since   timestamptz,
    -- Who sends to it, and until when nobody else does: so that one message at a time is under way.
    taken_by        text,
    taken_until     timestamptz,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);
CREATE INDEX webhook_endpoints_user ON webhook_endpoints (user_id, created_at);
CREATE INDEX webhook_endpoints_told ON webhook_endpoints (disabled_at) WHERE disabled_at IS NOT NULL AND told_at IS NULL;

CREATE TABLE webhook_deliveries (
    -- The header `webhook-id` is `msg_` and this.
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- In which order they were written.
    number       bigint GENERATED ALWAYS AS IDENTITY,
    endpoint_id  uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    event        text NOT NULL,
    -- What is sent, byte by byte.
    body         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,
    -- How often it was asked for again: what came of an attempt from before is not taken for its.
    resends      integer NOT NULL DEFAULT 0,
    -- When it is tried next; NULL when it was taken or given up.
    next_at      timestamptz DEFAULT now(),
    delivered_at timestamptz,
    -- Of the last attempt: when it was, the status and the beginning of the answer, or why there is none.
    tried_at     timestamptz,
    status       integer,
    answer       text NOT NULL DEFAULT '',
    error        text NOT NULL DEFAULT '',
    CHECK (delivered_at IS NULL OR next_at IS NULL)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_at, number) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
