INSERT INTO user_roles (name, label) VALUES ('spare', 'SPARE');
