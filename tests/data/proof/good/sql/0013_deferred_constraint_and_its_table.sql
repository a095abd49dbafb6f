CREATE TABLE teams (id integer PRIMARY KEY, lead_id integer REFERENCES user_roles (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO teams VALUES (1, 1), (2, 2);
