ALTER TABLE full_pictures DROP COLUMN claim_id;
ALTER TABLE analyses DROP COLUMN claim_id;
