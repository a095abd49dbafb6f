DROP TABLE app.last;
DROP SCHEMA app;
