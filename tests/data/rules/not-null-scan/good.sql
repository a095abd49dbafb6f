-- accounts_name_is_there CHECK (name IS NOT NULL) was validated in the migration before
ALTER TABLE accounts ALTER COLUMN name SET NOT NULL;
ALTER TABLE accounts DROP CONSTRAINT accounts_name_is_there;
