-- Migration: switch_users
-- Version: 0005
-- Date: 2024-01-18

-- UP MIGRATION
-- Create new version alongside old
CREATE TABLE users_v2 AS SELECT * FROM users;

-- Add new columns
ALTER TABLE users_v2 ADD COLUMN new_feature JSONB;

-- Switch in transaction
BEGIN;
ALTER TABLE users RENAME TO users_old;
ALTER TABLE users_v2 RENAME TO users;
COMMIT;
