-- Safe rollback example
BEGIN;

-- Save current data if needed
CREATE TABLE user_preferences_backup AS 
SELECT * FROM user_preferences;

-- Perform rollback
DROP TABLE user_preferences CASCADE;

-- Verify rollback
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM information_schema.tables 
             WHERE table_name = 'user_preferences') THEN
    RAISE EXCEPTION 'Rollback failed: table still exists';
  END IF;
END $$;

COMMIT;
