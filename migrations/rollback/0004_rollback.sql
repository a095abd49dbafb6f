-- Rollback for: add_email_address
-- Version: 0004
--
-- The column is empty at this point: the copy belongs to the next version.
-- pgtide: lock-timeout=2s

ALTER TABLE users DROP COLUMN email_address;
