-- What the operations page shows and does.

-- Failures that an administrator has looked at; the person's own pages do not change.
ALTER TABLE analyses ADD COLUMN dismissed_at timestamptz;
-- For throughput and latency over time, and for the retention's sweep.
CREATE INDEX analyses_ended ON analyses (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX analyses_failures ON analyses (error_code, finished_at DESC) WHERE status = 'failed' AND dismissed_at IS NULL;

-- The newest heartbeat of each worker process.
CREATE TABLE workers (
    name           text PRIMARY KEY,
    host           text NOT NULL,
    slot           integer NOT NULL,
    processes      integer NOT NULL,
    release        text NOT NULL,
    model          text NOT NULL DEFAULT '',
    state          text NOT NULL,
    sent_at        timestamptz NOT NULL,
    since          timestamptz NOT NULL,
    photos         bigint NOT NULL DEFAULT 0,
    failures       bigint NOT NULL DEFAULT 0,
    resident_bytes bigint NOT NULL DEFAULT 0,
    restarts       integer NOT NULL DEFAULT 0,
    last_end       text NOT NULL DEFAULT ''
);
CREATE INDEX workers_sent ON workers (sent_at);
