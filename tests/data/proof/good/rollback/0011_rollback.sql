ALTER TABLE user_roles RENAME TO roles;
ALTER TABLE accounts RENAME COLUMN main_role_id TO role_id;
