-- When a process was last heard of, by the database's clock: its own may go wrong, and is compared with this one. The column keeps
-- its name: gateways of the release before read and write it while both run.
UPDATE workers SET sent_at = least(sent_at, now());
