ALTER TABLE users ADD COLUMN full_name text;
CREATE OR REPLACE VIEW people AS SELECT id, upper(name) AS name, full_name FROM users;
