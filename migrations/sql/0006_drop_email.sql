-- Migration: drop_email
-- Version: 0006
--
-- users.email becomes users.email_address, step 3 of 3: the old column goes.
-- Run it when no process of the old release is left. No value is lost: the other column holds them all.
-- pgtide: lock-timeout=2s
-- pgtide: allow data-loss

DROP TRIGGER users_sync_email ON users;
DROP FUNCTION users_sync_email();

ALTER TABLE users DROP COLUMN email;
