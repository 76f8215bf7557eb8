-- Text is kept composed (Unicode's NFC): typed on one machine it is found on another that takes letters and accents apart, as macOS
-- does in file names. What was kept before, and what gateways of before keep while they run, is composed by the gateway a little at
-- a time, and found by these indexes, which are empty else.

-- In a database of another encoding there is nothing to take apart.
CREATE FUNCTION is_composed(texts text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN current_setting('server_encoding') = 'UTF8' THEN array_to_string(texts, ' ') IS NFC NORMALIZED ELSE true END;

-- All at once, and given up before PostgreSQL looks for who waits for whom: no transaction of the site is ended for this one.
SET LOCAL lock_timeout = '500ms';
LOCK TABLE users, batches, analyses IN SHARE MODE;
CREATE INDEX analyses_to_compose ON analyses (submitted_at)
    WHERE NOT is_composed(tags || ARRAY[title, subject, notes, file_name]);
CREATE INDEX batches_to_compose ON batches (created_at) WHERE NOT is_composed(ARRAY[title]);
CREATE INDEX users_to_compose ON users (created_at) WHERE NOT is_composed(ARRAY[name]);
