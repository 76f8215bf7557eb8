-- What people said of a model's answers is counted over all results, and most of the time went into beginning the function that
-- places corrections, once for each result. As a query without an aggregate it becomes part of the query around it.

-- Each correction with its place in the list, and the number of the face that it is about; NULL for a face that the model missed.
-- A face and what is said of it choose each other: the greatest overlap counts, and of equals what was said last.
CREATE FUNCTION correction_places(findings jsonb, corrections jsonb)
RETURNS TABLE (place bigint, face integer, correction jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH said AS MATERIALIZED (
        SELECT value, place, face_box(value->'box') AS area
        FROM jsonb_array_elements(corrections) WITH ORDINALITY AS one (value, place)
    ), near AS MATERIALIZED (
        SELECT found.number AS face, said.place, face_overlap(found.area, said.area) AS overlap
        FROM (
            SELECT (face->>'number')::integer AS number, face_box(face->'box') AS area
            FROM jsonb_array_elements(findings->'faces') AS face
        ) AS found JOIN said ON found.area && said.area
    ), best AS (
        SELECT n.face, n.place FROM near n WHERE n.overlap IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM near o
            WHERE (o.face = n.face OR o.place = n.place) AND (o.overlap, o.place, -o.face) > (n.overlap, n.place, -n.face))
    )
    SELECT said.place, best.face, said.value FROM said LEFT JOIN best ON best.place = said.place;
END;

CREATE OR REPLACE FUNCTION placed_corrections(findings jsonb, corrections jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(
        jsonb_agg(
            CASE WHEN face IS NULL THEN correction ELSE correction || jsonb_build_object('face', face) END
            ORDER BY place),
        '[]')
    FROM correction_places(findings, corrections);
END;

CREATE OR REPLACE FUNCTION face_looks(findings jsonb, corrections jsonb)
RETURNS TABLE (place integer, answer text, said text, look text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH found AS (
        SELECT (face->>'number')::integer AS number, face->>'emotion' AS answer, (face->>'notSure')::boolean AS unsure
        FROM jsonb_array_elements(findings->'faces') AS face
    ), all_said AS (
        SELECT face, correction->>'look' AS said, place AS number FROM correction_places(findings, corrections)
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
