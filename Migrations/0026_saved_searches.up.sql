-- Searches of the history that a person has given a name, to come back to.

CREATE TABLE saved_searches (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text NOT NULL,
    -- The filter as the history's address has it, its fields in their order: the same filter is the same text.
    query      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX saved_searches_name ON saved_searches (user_id, lower(name));
