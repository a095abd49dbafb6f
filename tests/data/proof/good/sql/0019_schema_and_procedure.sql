CREATE SCHEMA audit;
CREATE TABLE audit.entries (id bigint PRIMARY KEY, what text);
CREATE PROCEDURE audit.note(what text) LANGUAGE sql AS $$ INSERT INTO audit.entries VALUES (1, what) $$;
