CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email varchar(100) NOT NULL,
  status text NOT NULL DEFAULT 'new',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (token text PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));
CREATE TABLE options (key text PRIMARY KEY, value text);
CREATE VIEW people AS SELECT id, name FROM users;
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE ROLE proof_reader;
GRANT SELECT ON people TO proof_reader;
