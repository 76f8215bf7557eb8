-- Whoever deleted a photo changed its copies by this rule, in no order, while others had them: two could wait for each other. What names
-- a photo that is gone, or in the bin, is read as naming none.
ALTER TABLE analyses DROP CONSTRAINT analyses_duplicate_of_fkey;
DROP INDEX analyses_duplicate_of;
