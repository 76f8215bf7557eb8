UPDATE analyses a SET duplicate_of = NULL
WHERE duplicate_of IS NOT NULL AND NOT EXISTS (SELECT 1 FROM analyses d WHERE d.id = a.duplicate_of);
CREATE INDEX analyses_duplicate_of ON analyses (duplicate_of) WHERE duplicate_of IS NOT NULL;
ALTER TABLE analyses ADD CONSTRAINT analyses_duplicate_of_fkey
    FOREIGN KEY (duplicate_of) REFERENCES analyses ON DELETE SET NULL;
