CREATE INDEX CONCURRENTLY users_status_idx ON users (status);
