-- E-mail addresses that are confirmed by a link which was sent to them, where the site sends mail.

-- NULL: a link was sent to the address and is waited for. Who is there already, and whoever is not asked, counts as confirmed.
ALTER TABLE users ADD COLUMN email_confirmed_at timestamptz DEFAULT now();
-- The address that the account is to have once it is confirmed; until then it belongs to nobody.
ALTER TABLE users ADD COLUMN pending_email text CHECK (char_length(pending_email) BETWEEN 3 AND 254);

-- Where a link was sent to: `confirm` confirms that address, and `reset` too, since it came by mail. NULL of one that somebody
-- hands over.
ALTER TABLE account_links ADD COLUMN email text CHECK (char_length(email) BETWEEN 3 AND 254);
ALTER TABLE account_links DROP CONSTRAINT account_links_kind_check, DROP CONSTRAINT account_links_check;
ALTER TABLE account_links
    ADD CONSTRAINT account_links_kind_check CHECK (kind IN ('reset', 'first_admin', 'confirm')),
    ADD CONSTRAINT account_links_check CHECK ((kind = 'first_admin') = (user_id IS NULL)),
    ADD CONSTRAINT account_links_email CHECK (email IS NOT NULL OR kind <> 'confirm');
