-- Migration: add_user_preferences
-- Version: 0002
-- Date: 2024-01-15

-- UP MIGRATION
CREATE TABLE user_preferences (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID REFERENCES users(id),
  theme VARCHAR(20) DEFAULT 'light'
);

CREATE INDEX idx_user_preferences_user_id ON user_preferences(user_id);
