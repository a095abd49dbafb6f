CREATE TABLE tags (name text PRIMARY KEY);
CREATE FUNCTION tag_count() RETURNS bigint LANGUAGE sql AS $body$
  SELECT count(*) FROM tags;
$bod$;
