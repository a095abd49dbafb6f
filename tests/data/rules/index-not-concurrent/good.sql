CREATE TABLE pages (id bigint PRIMARY KEY, at date);
CREATE INDEX pages_at_idx ON pages (at);
