-- Migration: fill_email_domain
-- Version: 0016
--
-- The domain of every address, for statistics. A single UPDATE of all users would hold its row locks until the end
-- and leave as many dead rows at once; this one is repeated with a pause, each time in a transaction of its own,
-- until it finds nothing more to do. Stopped half way, it goes on later. New rows get their domain from the
-- application, whose new release is out before this runs.

ALTER TABLE users ADD COLUMN email_domain text;

COMMENT ON COLUMN users.email_domain IS 'The part of email_address behind the @';

-- The rows that are done must no longer match, or the statement would be repeated for ever.
-- pgtide: batch size=1000 pause=100ms
UPDATE users
SET email_domain = split_part(email_address, '@', 2)
WHERE id IN (
  SELECT id
  FROM users
  WHERE email_domain IS NULL
  LIMIT :batch_size
);
