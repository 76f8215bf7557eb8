-- Accounts, analyses, and the outbox that joins them to Kafka.

CREATE TABLE users (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    email          text NOT NULL CHECK (char_length(email) <= 254),
    password_hash  text NOT NULL,
    is_admin       boolean NOT NULL DEFAULT false,
    disabled_at    timestamptz,
    -- Moved in the transaction that records a result, so each analysis is counted exactly once.
    finished_count bigint NOT NULL DEFAULT 0 CHECK (finished_count >= 0),
    failed_count   bigint NOT NULL DEFAULT 0 CHECK (failed_count >= 0),
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- Only the SHA-256 of a session's token is kept: a copy of this table opens no session.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent text NOT NULL DEFAULT '',
    address    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (seen_at);

-- For programs: `mien token` makes them; the token itself is shown once.
CREATE TABLE api_tokens (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    label      text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE analyses (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    status         text NOT NULL DEFAULT 'queued'
                   CHECK (status IN ('queued', 'processing', 'finished', 'failed', 'cancelled')),
    lane           text NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    title          text NOT NULL DEFAULT '',
    subject        text NOT NULL DEFAULT '',
    notes          text NOT NULL DEFAULT '',
    file_name      text NOT NULL,
    content_type   text NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp')),
    photo_bytes    integer NOT NULL CHECK (photo_bytes > 0),
    request_id     text NOT NULL,
    generation     integer NOT NULL DEFAULT 1,
    attempts       integer NOT NULL DEFAULT 0,
    submitted_at   timestamptz NOT NULL DEFAULT now(),
    -- When the job was last put into the outbox or claimed: what the sweeper goes by.
    moved_at       timestamptz NOT NULL DEFAULT now(),
    started_at     timestamptz,
    finished_at    timestamptz,
    -- Set when finished.
    width          integer,
    height         integer,
    preview_width  integer,
    preview_height integer,
    face_count     integer,
    faces          jsonb,
    model_name     text,
    model_version  text,
    timings_ms     jsonb,
    -- Set when failed.
    error_code     text,
    error_message  text,
    CHECK ((status IN ('finished', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((status = 'finished') = (faces IS NOT NULL)),
    CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
CREATE INDEX analyses_history ON analyses (user_id, submitted_at DESC, id DESC);
CREATE INDEX analyses_open ON analyses (moved_at) WHERE status IN ('queued', 'processing');
CREATE INDEX analyses_open_by_user ON analyses (user_id) WHERE status IN ('queued', 'processing');

-- The uploaded bytes as they came. JPEG and the like do not compress: keep them out of line, as they are.
CREATE TABLE photos (
    analysis_id uuid PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
    bytes       bytea NOT NULL
);
ALTER TABLE photos ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- What a worker re-encoded; the only pictures that are ever shown.
CREATE TABLE previews (
    analysis_id uuid PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
    annotated   bytea NOT NULL,
    clean       bytea NOT NULL,
    thumbnail   bytea NOT NULL
);
ALTER TABLE previews ALTER COLUMN annotated SET STORAGE EXTERNAL;
ALTER TABLE previews ALTER COLUMN clean SET STORAGE EXTERNAL;
ALTER TABLE previews ALTER COLUMN thumbnail SET STORAGE EXTERNAL;

-- Messages to publish. A row is deleted once the broker has acknowledged its message.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    -- `job` goes to the lane's topic; `dead` tells the dead-letter topic that the job was given up.
    kind        text NOT NULL DEFAULT 'job' CHECK (kind IN ('job', 'dead')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_analysis ON outbox (analysis_id);
