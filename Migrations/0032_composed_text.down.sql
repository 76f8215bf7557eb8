-- Composed text is the same text.
DROP INDEX analyses_to_compose, batches_to_compose, users_to_compose;
DROP FUNCTION is_composed(text[]);
