ALTER TABLE user_roles DROP COLUMN label;
