-- Rollback for: copy_email_to_email_address
-- Version: 0005
--
-- Both columns hold the same, so nothing is lost when the new one is emptied again. The trigger goes first:
-- it would empty email as well.

DROP TRIGGER users_sync_email ON users;
DROP FUNCTION users_sync_email();

ALTER TABLE users
  DROP CONSTRAINT users_email_address_key,
  ALTER COLUMN email_address DROP NOT NULL;

UPDATE users SET email_address = NULL;
