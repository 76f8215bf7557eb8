-- What people say of faces, kept beside what the model answered.

-- A list of {box, look, mayTrain, at}; NULL where nobody said anything. `look` is a class, `cannot_tell` or `not_a_face`. The
-- box, in pixels of the photo as it is to be looked at, says which face is meant: so the words stay with it when a new try or
-- another model finds it again, under whatever number.
--
-- In the row of what they are about: `emotion` is computed from both, and so never says what neither does.
ALTER TABLE analyses ADD COLUMN corrections jsonb CHECK (jsonb_typeof(corrections) = 'array');

CREATE FUNCTION face_box(named jsonb) RETURNS box LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT box(point(x, y), point(x + width, y + height))
    FROM jsonb_to_record(named) AS sides (x float8, y float8, width float8, height float8)
);

-- How much of two boxes they have in common, intersection over union; NULL where it is too little for one face.
CREATE FUNCTION face_overlap(one box, other box) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN area(one # other) >= 0.4 * (area(one) + area(other) - area(one # other))
            THEN area(one # other) / (area(one) + area(other) - area(one # other)) END;

-- The corrections, each with the number of the face that it is about as `face`, or without for a face that the model missed.
-- A face and what is said of it choose each other: the greatest overlap counts, and of equals what was said last.
CREATE FUNCTION placed_corrections(findings jsonb, corrections jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH said AS MATERIALIZED (
        SELECT value, place, face_box(value->'box') AS area
        FROM jsonb_array_elements(corrections) WITH ORDINALITY AS one (value, place)
    ), found AS MATERIALIZED (
        SELECT (face->>'number')::integer AS number, face_box(face->'box') AS area
        FROM jsonb_array_elements(findings->'faces') AS face
    ), near AS MATERIALIZED (
        SELECT found.number AS face, said.place, face_overlap(found.area, said.area) AS overlap
        FROM found JOIN said ON found.area && said.area
    ), best AS (
        SELECT n.face, n.place FROM near n WHERE n.overlap IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM near o
            WHERE (o.face = n.face OR o.place = n.place) AND (o.overlap, o.place, -o.face) > (n.overlap, n.place, -n.face))
    )
    SELECT coalesce(
        jsonb_agg(
            CASE WHEN best.face IS NULL THEN said.value ELSE said.value || jsonb_build_object('face', best.face) END
            ORDER BY said.place),
        '[]')
    FROM said LEFT JOIN best ON best.place = said.place;
END;

-- How each face appears: `answer` is the model's class, NULL of a face that it missed, `said` what the person said, NULL
-- where nobody did, and `look` what counts: a class, `unsure`, or NULL for what is no face.
CREATE FUNCTION face_looks(findings jsonb, corrections jsonb)
RETURNS TABLE (place integer, answer text, said text, look text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH found AS (
        SELECT (face->>'number')::integer AS number, face->>'emotion' AS answer, (face->>'notSure')::boolean AS unsure
        FROM jsonb_array_elements(findings->'faces') AS face
    ), all_said AS (
        SELECT (value->>'face')::integer AS face, value->>'look' AS said, number
        FROM jsonb_array_elements(placed_corrections(findings, corrections)) WITH ORDINALITY AS one (value, number)
    ), all_faces AS (
        SELECT found.number AS place, found.answer, found.unsure, all_said.said
        FROM found LEFT JOIN all_said ON all_said.face = found.number
        UNION ALL
        SELECT 1000 + number::integer, NULL, false, said FROM all_said WHERE face IS NULL AND said <> 'not_a_face'
    )
    SELECT f.place, f.answer, f.said,
        CASE WHEN f.said = 'not_a_face' THEN NULL WHEN f.said = 'cannot_tell' THEN 'unsure'
             WHEN f.said IS NOT NULL THEN f.said WHEN f.unsure THEN 'unsure' ELSE f.answer END
    FROM all_faces f;
END;

-- As dominant_emotion(jsonb), by what people said.
CREATE FUNCTION dominant_emotion(findings jsonb, corrections jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN findings IS NULL OR corrections IS NULL THEN dominant_emotion(findings)
        ELSE (
            WITH faces AS MATERIALIZED (
                SELECT place, look FROM face_looks(findings, corrections) WHERE look IS NOT NULL
            )
            SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM faces) THEN 'none'
                ELSE coalesce(
                    (SELECT look FROM faces WHERE look <> 'unsure'
                     GROUP BY look ORDER BY count(*) DESC, min(place) LIMIT 1),
                    'unsure') END) END;
END;

-- Its expression cannot be changed in place before PostgreSQL 17.
ALTER TABLE analyses
    DROP COLUMN emotion,
    ADD COLUMN emotion text GENERATED ALWAYS AS (dominant_emotion(faces, corrections)) STORED;
CREATE INDEX analyses_by_emotion ON analyses (user_id, emotion, submitted_at DESC, id DESC);
-- For counting how often people disagreed, and for the export.
CREATE INDEX analyses_corrected ON analyses (model_name, model_version, id) WHERE corrections IS NOT NULL;
