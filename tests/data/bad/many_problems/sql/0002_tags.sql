-- pgtide: ireversible
CREATE TABLE tags (name text PRIMARY KEY);
ROLLBACK;
\echo done
