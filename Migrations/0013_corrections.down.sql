DROP INDEX analyses_corrected;
ALTER TABLE analyses
    DROP COLUMN emotion,
    ADD COLUMN emotion text GENERATED ALWAYS AS (dominant_emotion(faces)) STORED;
CREATE INDEX analyses_by_emotion ON analyses (user_id, emotion, submitted_at DESC, id DESC);
ALTER TABLE analyses DROP COLUMN corrections;
DROP FUNCTION dominant_emotion(jsonb, jsonb), face_looks(jsonb, jsonb), placed_corrections(jsonb, jsonb),
    face_overlap(box, box), face_box(jsonb);
