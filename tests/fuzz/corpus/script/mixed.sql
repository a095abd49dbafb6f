-- pgtide: no-transaction
CREATE TABLE t (id integer, a text[]); /* a /* nested */ comment; */
COPY t (id, a) FROM stdin WITH (FORMAT csv);
1,"{a,b}"
\.
CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM t; NOTIFY t;);
DO $x$ BEGIN RAISE 'a;'; END $x$;
-- pgtide: batch size=10 pause=1ms
UPDATE t SET id = E'\';' || U&'d\0061' WHERE a[1:2] = :name LIMIT :batch_size;
CREATE INDEX CONCURRENTLY IF NOT EXISTS "i;" ON s."t" (id);
ALTER TYPE e ADD VALUE 'x'; SELECT 'x';
BEGIN; SAVEPOINT a; COMMIT;
ALTER TABLE p DETACH PARTITION q CONCURRENTLY
