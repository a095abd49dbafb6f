-- Migration: add_email_address
-- Version: 0004
-- Date: 2024-01-17

-- UP MIGRATION
-- Step 1: Add new column
ALTER TABLE users ADD COLUMN email_address VARCHAR(255);

-- Step 2: Copy data
UPDATE users SET email_address = email;
