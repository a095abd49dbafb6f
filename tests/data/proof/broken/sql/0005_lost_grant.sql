DROP VIEW people;
CREATE VIEW people AS SELECT id, upper(name) AS name FROM users;
GRANT SELECT ON people TO proof_reader;
