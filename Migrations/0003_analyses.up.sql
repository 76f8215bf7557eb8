-- What people say about a photo, what they search by, photos that were sent together, and trying again.

-- When the person acknowledged the note on responsible use; NULL until then.
ALTER TABLE users ADD COLUMN responsible_use_at timestamptz;

-- Photos that were sent together.
CREATE TABLE batches (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title      text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX batches_user ON batches (user_id, created_at DESC);

-- The class that most faces show, as far as the model is sure of them, and among equals that of the largest face;
-- `unsure` when it is sure of none, `none` without a face.
CREATE FUNCTION dominant_emotion(findings jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN findings IS NULL THEN NULL
                WHEN jsonb_array_length(findings->'faces') = 0 THEN 'none'
                ELSE coalesce(
                    (SELECT face->>'emotion' FROM jsonb_array_elements(findings->'faces') WITH ORDINALITY AS f (face, place)
                     WHERE NOT (face->>'notSure')::boolean
                     GROUP BY face->>'emotion' ORDER BY count(*) DESC, min(place) LIMIT 1),
                    'unsure') END
$$;

-- Punctuation ends a word, as it does in what people search for: otherwise "example.org" and "3.5" were one.
CREATE FUNCTION plain_words(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(words, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))
$$;

ALTER TABLE analyses
    ADD COLUMN batch_id  uuid REFERENCES batches ON DELETE SET NULL,
    -- In lower case.
    ADD COLUMN tags      text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
    -- As the person gave it: the clock where the photo was taken, in no time zone.
    ADD COLUMN taken_at  timestamp,
    -- When its present try was put into the queue.
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN emotion   text GENERATED ALWAYS AS (dominant_emotion(faces)) STORED,
    -- Words as they are, in no language; a tag is found whole and by its beginning.
    ADD COLUMN words     tsvector GENERATED ALWAYS AS (
        to_tsvector('simple', plain_words(title || ' ' || subject || ' ' || notes || ' ' || file_name))
        || array_to_tsvector(tags)) STORED;
UPDATE analyses SET queued_at = submitted_at;

CREATE INDEX analyses_batch ON analyses (batch_id, submitted_at, id) WHERE batch_id IS NOT NULL;
CREATE INDEX analyses_by_status ON analyses (user_id, status, submitted_at DESC, id DESC);
CREATE INDEX analyses_by_emotion ON analyses (user_id, emotion, submitted_at DESC, id DESC);
CREATE INDEX analyses_tags ON analyses USING gin (tags);
CREATE INDEX analyses_words ON analyses USING gin (words);
-- For the place in the queue.
CREATE INDEX analyses_queue ON analyses (lane, queued_at, id) WHERE status = 'queued';
