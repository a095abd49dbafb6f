-- Migration: add_user_preferences
-- Version: 0003
--
-- What a learner has set: theme, daily goal and the time of the daily reminder.
-- The rollback saves the rows in rollback_backups; here they are taken back.

CREATE TABLE user_preferences (
  user_id            uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  theme              text        NOT NULL DEFAULT 'light',
  daily_goal_minutes integer     NOT NULL DEFAULT 15,
  reminder_at        time,
  changed_at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT user_preferences_theme_check CHECK (theme IN ('light', 'dark', 'system')),
  CONSTRAINT user_preferences_daily_goal_minutes_check CHECK (daily_goal_minutes BETWEEN 1 AND 1440)
);

-- The mail job asks every minute whom to remind; most people have no reminder and need no entry.
CREATE INDEX user_preferences_reminder_at_idx ON user_preferences (reminder_at)
  WHERE reminder_at IS NOT NULL;

COMMENT ON COLUMN user_preferences.reminder_at IS 'Time of day in UTC; null for no reminder';

-- Rows of people who are gone by now stay in the backup.
WITH taken AS (
  DELETE FROM rollback_backups AS b
  USING users AS u
  WHERE b.migration = '0003'
    AND b.table_name = 'user_preferences'
    AND u.id = (b.row_data ->> 'user_id')::uuid
  RETURNING b.row_data
)
INSERT INTO user_preferences
SELECT saved.*
FROM taken, jsonb_populate_record(NULL::user_preferences, taken.row_data) AS saved;
