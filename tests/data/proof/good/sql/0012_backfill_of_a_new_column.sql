ALTER TABLE user_roles ADD COLUMN label text;
UPDATE user_roles SET label = upper(name);
ALTER TABLE user_roles ALTER COLUMN label SET NOT NULL;
