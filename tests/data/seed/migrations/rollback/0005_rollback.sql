-- Rollback for: switch_users
-- Version: 0005

BEGIN;
ALTER TABLE users RENAME TO users_v2;
ALTER TABLE users_old RENAME TO users;
COMMIT;

DROP TABLE users_v2;
