-- Tags für Kurse
CREATE TABLE tags (name text PRIMARY KEY);
INSERT INTO tags VALUES ('schön'), ('sch�n');
