ALTER TABLE accounts RENAME COLUMN role_id TO main_role_id;
ALTER TABLE roles RENAME TO user_roles;
