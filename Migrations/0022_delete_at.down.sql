DROP INDEX analyses_delete_at;
CREATE INDEX analyses_delete_after ON analyses (finished_at) WHERE delete_after IS NOT NULL;
