-- Migration: index_email_domain
-- Version: 0017
--
-- CONCURRENTLY builds the index while people sign up; it waits for older transactions, but nobody waits for it. It
-- cannot run in a transaction. If it is interrupted it leaves an invalid index, which pgtide drops and builds again.

CREATE INDEX CONCURRENTLY users_email_domain_idx ON users (email_domain);

COMMENT ON INDEX users_email_domain_idx IS 'Users by domain';
