-- A version that does not know of them would keep them for ever: what is left of them goes now.
UPDATE audit_log SET address = '', detail = ''
WHERE actor_id IN (SELECT id FROM users WHERE leaving_at IS NOT NULL)
   OR subject_id IN (SELECT id FROM users WHERE leaving_at IS NOT NULL);
DELETE FROM users WHERE leaving_at IS NOT NULL;

DROP INDEX users_leaving;
ALTER TABLE users DROP COLUMN leaving_at;
