CREATE TABLE carts (id integer PRIMARY KEY, user_id integer REFERENCES users (id));
