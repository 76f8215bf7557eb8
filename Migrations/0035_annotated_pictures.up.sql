-- The clean picture with the faces drawn on it is drawn by a worker when somebody asks for it. Results of workers from before it
-- was go on having it.
ALTER TABLE previews ALTER COLUMN annotated DROP NOT NULL;
ALTER TABLE handed_pictures ALTER COLUMN annotated DROP NOT NULL;

-- As full_pictures, and kept for two minutes.
CREATE TABLE annotated_pictures (
    analysis_id        uuid PRIMARY KEY REFERENCES previews ON DELETE CASCADE,
    asked_at           timestamptz NOT NULL DEFAULT now(),
    attempts           integer NOT NULL DEFAULT 0,
    attempts_of_others integer NOT NULL DEFAULT 0,
    claim_id           uuid,
    failed             boolean NOT NULL DEFAULT false,
    -- Null until it is drawn.
    bytes              bytea
);
ALTER TABLE annotated_pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX annotated_pictures_asked ON annotated_pictures (asked_at);

-- `annotate` goes to the interactive lane, as `draw` does.
ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('job', 'dead', 'draw', 'annotate'));
