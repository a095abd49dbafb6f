-- Migration: add_email_address
-- Version: 0004
--
-- users.email becomes users.email_address, step 1 of 3: the new column.
-- A plain RENAME would break every application process that still runs the old release. In three steps, the
-- old release works until the last one. This step takes its lock for a moment only: the column has no default
-- and is nullable, so that no row is touched.
-- pgtide: lock-timeout=2s

ALTER TABLE users ADD COLUMN email_address text;

COMMENT ON COLUMN users.email_address IS 'Where mail goes; also the login';
