-- Rollback for: add_feature
-- Version: 0003

ALTER TABLE users DROP COLUMN IF EXISTS preferences;
