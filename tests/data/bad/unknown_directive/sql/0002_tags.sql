-- pgtide: no-transactoin
CREATE TABLE tags (name text PRIMARY KEY);
