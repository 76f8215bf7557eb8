-- How looks change over time, for trends: what they count lies in each result's JSON, and reading a hundred thousand of those
-- costs seconds.

-- How many faces appear how, by what people said: eight bits for each class in their order, the lowest first, and for `unsure`.
-- A photo has fewer faces than eight bits count.
CREATE FUNCTION look_counts(findings jsonb, corrections jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(bit_or(least(seen.faces, 255) << (8 * (seen.place - 1))), 0)
    FROM (
        SELECT array_position(
                   ARRAY['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral', 'unsure'], look) AS place,
               count(*) AS faces
        FROM face_looks(findings, corrections) WHERE look IS NOT NULL GROUP BY look
    ) AS seen WHERE seen.place IS NOT NULL;
END;

-- What a trend can be asked about: everything (empty), a subject, and each tag. Subjects are compared in lower case, as tags are
-- kept; their length keeps every one of them within an index.
CREATE FUNCTION trend_subject(subject text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'subject:' || left(lower(subject), 200);

CREATE FUNCTION trend_topics(subject text, tags text[]) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '' UNION ALL SELECT trend_subject(subject) WHERE subject <> ''
    UNION ALL SELECT DISTINCT 'tag:' || tag FROM unnest(tags) AS tag;
END;

-- A row for each result that is not in the bin, under everything that it belongs to. Kept by the trigger below, whoever writes.
CREATE TABLE trend_rows (
    analysis_id uuid NOT NULL REFERENCES analyses ON DELETE CASCADE,
    topic       text NOT NULL,
    user_id     uuid NOT NULL,
    -- The clock where the photo was taken, as far as that is known; otherwise it counts when it was sent.
    taken_at    timestamp,
    sent_at     timestamptz NOT NULL,
    looks       bigint NOT NULL,
    PRIMARY KEY (analysis_id, topic)
);
-- Every span of time is a piece of it, or two: of what was taken then, and of what was sent then.
CREATE INDEX trend_rows_over_time ON trend_rows (user_id, topic, taken_at, sent_at) INCLUDE (looks);

INSERT INTO trend_rows (analysis_id, topic, user_id, taken_at, sent_at, looks)
SELECT a.id, topic, a.user_id, a.taken_at, a.submitted_at, counts.looks
FROM analyses a, look_counts(a.faces, a.corrections) AS counts (looks), trend_topics(a.subject, a.tags) AS topic
WHERE a.faces IS NOT NULL AND a.binned_at IS NULL;

CREATE FUNCTION keep_trend_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM trend_rows WHERE analysis_id = NEW.id;
    END IF;
    IF NEW.faces IS NOT NULL AND NEW.binned_at IS NULL THEN
        INSERT INTO trend_rows (analysis_id, topic, user_id, taken_at, sent_at, looks)
        SELECT NEW.id, topic, NEW.user_id, NEW.taken_at, NEW.submitted_at, counts.looks
        FROM look_counts(NEW.faces, NEW.corrections) AS counts (looks), trend_topics(NEW.subject, NEW.tags) AS topic;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER analyses_trend_rows_new AFTER INSERT ON analyses FOR EACH ROW WHEN (NEW.faces IS NOT NULL)
    EXECUTE FUNCTION keep_trend_rows();
-- Most of what happens to an analysis changes nothing of this.
CREATE TRIGGER analyses_trend_rows AFTER UPDATE ON analyses FOR EACH ROW
    WHEN ((OLD.faces IS NOT NULL OR NEW.faces IS NOT NULL)
        AND (OLD.faces, OLD.corrections, OLD.subject, OLD.tags, OLD.taken_at, OLD.submitted_at, OLD.binned_at)
            IS DISTINCT FROM
            (NEW.faces, NEW.corrections, NEW.subject, NEW.tags, NEW.taken_at, NEW.submitted_at, NEW.binned_at))
    EXECUTE FUNCTION keep_trend_rows();
