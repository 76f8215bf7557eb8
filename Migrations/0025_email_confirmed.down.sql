DELETE FROM account_links WHERE kind = 'confirm';
ALTER TABLE account_links DROP COLUMN email;
ALTER TABLE account_links DROP CONSTRAINT account_links_kind_check, DROP CONSTRAINT account_links_check;
ALTER TABLE account_links
    ADD CONSTRAINT account_links_kind_check CHECK (kind IN ('reset', 'first_admin')),
    ADD CONSTRAINT account_links_check CHECK ((kind = 'reset') = (user_id IS NOT NULL));
ALTER TABLE users DROP COLUMN pending_email, DROP COLUMN email_confirmed_at;
