-- Rollback for: add_users
-- Version: 0002
--
-- Every account goes. Where that is not meant, restore from a backup instead.
-- pgtide: allow data-loss

DROP TABLE enrollments;
DROP TABLE users;
