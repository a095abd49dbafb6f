CREATE SCHEMA app;
CREATE TABLE app.last (id integer);
