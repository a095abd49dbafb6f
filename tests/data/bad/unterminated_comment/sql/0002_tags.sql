CREATE TABLE tags (name text PRIMARY KEY);
/* outer /* inner */
INSERT INTO tags VALUES ('a');
