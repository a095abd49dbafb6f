BEGIN;
DROP TRIGGER touch ON accounts;
DROP FUNCTION touch();
ALTER TABLE accounts DROP COLUMN changed_at;
COMMIT;
