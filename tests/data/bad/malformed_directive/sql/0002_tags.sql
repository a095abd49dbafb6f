-- pgtide: lock-timeout=soon
CREATE TABLE tags (name text PRIMARY KEY);
