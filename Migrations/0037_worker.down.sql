ALTER TABLE analyses DROP COLUMN worker;
