CREATE TABLE tags (name text PRIMARY KEY);
INSERT INTO tags VALUES ('it''s);
-- nothing after it is SQL any more
