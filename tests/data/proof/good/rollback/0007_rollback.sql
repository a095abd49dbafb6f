DROP INDEX CONCURRENTLY accounts_role_idx;
