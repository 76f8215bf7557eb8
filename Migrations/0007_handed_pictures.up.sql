-- Pictures that a worker has handed over. Nobody sees them: the transaction that records the result of the same attempt moves
-- them into previews. Those of attempts that never count are swept.
CREATE TABLE handed_pictures (
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    generation  integer NOT NULL,
    attempt     integer NOT NULL,
    annotated   bytea NOT NULL,
    clean       bytea NOT NULL,
    thumbnail   bytea NOT NULL,
    handed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (analysis_id, generation, attempt)
);
ALTER TABLE handed_pictures ALTER COLUMN annotated SET STORAGE EXTERNAL;
ALTER TABLE handed_pictures ALTER COLUMN clean SET STORAGE EXTERNAL;
ALTER TABLE handed_pictures ALTER COLUMN thumbnail SET STORAGE EXTERNAL;
