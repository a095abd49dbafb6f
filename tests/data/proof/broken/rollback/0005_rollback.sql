DROP VIEW people;
CREATE VIEW people AS SELECT id, name FROM users;
