-- Photos as large as they are with their faces drawn, asked for one by one, and drawn by a worker: until the photo goes, and for
-- an hour at most.
CREATE TABLE full_pictures (
    analysis_id uuid PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    -- How often a worker took the photo for it.
    attempts    integer NOT NULL DEFAULT 0,
    failed      boolean NOT NULL DEFAULT false,
    -- Null until it is drawn.
    bytes       bytea
);
ALTER TABLE full_pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX full_pictures_asked ON full_pictures (asked_at);

-- `draw` goes to the interactive lane, since somebody waits for it.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('job', 'dead', 'draw'));
