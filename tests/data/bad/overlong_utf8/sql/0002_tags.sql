CREATE TABLE tags (name text PRIMARY KEY);
INSERT INTO tags VALUES ('À¯');
