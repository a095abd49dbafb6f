CREATE TABLE tags (name text PRIMARY KEY);
\echo created
INSERT INTO tags VALUES ('a');
