ALTER TABLE accounts ADD CONSTRAINT accounts_role_fk FOREIGN KEY (role_id) REFERENCES roles (id);
CREATE TABLE memberships (account_id bigint REFERENCES accounts (id), role_id integer NOT NULL DEFAULT 1 REFERENCES roles (id));
INSERT INTO memberships (role_id) SELECT id FROM roles WHERE id = 1;
