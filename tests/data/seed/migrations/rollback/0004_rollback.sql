-- Rollback for: add_email_address
-- Version: 0004

ALTER TABLE users DROP COLUMN IF EXISTS email_address;
