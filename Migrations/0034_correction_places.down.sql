CREATE OR REPLACE FUNCTION placed_corrections(findings jsonb, corrections jsonb) RETURNS jsonb
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

CREATE OR REPLACE FUNCTION face_looks(findings jsonb, corrections jsonb)
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

DROP FUNCTION correction_places(jsonb, jsonb);
