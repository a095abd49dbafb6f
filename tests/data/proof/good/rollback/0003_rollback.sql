DROP TABLE memberships;
ALTER TABLE accounts DROP CONSTRAINT accounts_role_fk;
