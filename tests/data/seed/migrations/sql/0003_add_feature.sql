-- Migration: add_feature
-- Version: 0003
-- Date: 2024-01-16

-- UP MIGRATION
-- Safe: Add nullable column
ALTER TABLE users ADD COLUMN preferences JSONB;
