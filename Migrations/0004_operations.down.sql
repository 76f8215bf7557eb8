DROP TABLE workers;
DROP INDEX analyses_failures;
DROP INDEX analyses_ended;
ALTER TABLE analyses DROP COLUMN dismissed_at;
