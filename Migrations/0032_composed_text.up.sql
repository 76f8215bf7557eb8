-- Text is kept composed (Unicode's NFC): typed on one machine it is found on another that takes letters and accents apart, as macOS
-- does in file names. What was kept before is composed here. In a database of another encoding there is nothing to take apart.
DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RETURN;
    END IF;
    UPDATE analyses SET title = normalize(title), subject = normalize(subject), notes = normalize(notes),
        file_name = normalize(file_name),
        -- Two that were taken for different ones are one.
        tags = ARRAY(SELECT tag FROM (
            SELECT normalize(tag) AS tag, min(place) AS place FROM unnest(tags) WITH ORDINALITY AS one (tag, place) GROUP BY 1
        ) AS composed ORDER BY place)
    WHERE NOT (title IS NFC NORMALIZED AND subject IS NFC NORMALIZED AND notes IS NFC NORMALIZED
        AND file_name IS NFC NORMALIZED AND array_to_string(tags, ' ') IS NFC NORMALIZED);
    UPDATE batches SET title = normalize(title) WHERE title IS NOT NFC NORMALIZED;
    UPDATE users SET name = normalize(name) WHERE name IS NOT NFC NORMALIZED;
    -- Where there is one of the name already, both stay.
    UPDATE saved_searches s SET name = normalize(name)
    WHERE name IS NOT NFC NORMALIZED AND NOT EXISTS (
        SELECT 1 FROM saved_searches o
        WHERE o.user_id = s.user_id AND o.id <> s.id AND lower(normalize(o.name)) = lower(normalize(s.name)));
END
$$;
