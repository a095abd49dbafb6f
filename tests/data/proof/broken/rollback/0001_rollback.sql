DROP VIEW people;
DROP TABLE options, sessions, users;
DROP TYPE mood;
DROP ROLE proof_reader;
