-- users_email_unique was built by CREATE UNIQUE INDEX CONCURRENTLY in the migration before
ALTER TABLE accounts ADD CONSTRAINT accounts_name_key UNIQUE USING INDEX accounts_name_unique;
