DROP TABLE outbox, previews, photos, analyses, api_tokens, sessions, users;
