CREATE TABLE scratch (id integer);
INSERT INTO scratch VALUES (1);
DROP TABLE scratch;
