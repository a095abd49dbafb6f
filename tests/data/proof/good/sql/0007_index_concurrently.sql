CREATE INDEX CONCURRENTLY accounts_role_idx ON accounts (role_id);
