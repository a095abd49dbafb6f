SET search_path = pg_temp, public;
CREATE TEMPORARY TABLE work AS SELECT id FROM user_roles;
SET LOCAL statement_timeout = '1min';
CREATE TABLE public.copied AS SELECT * FROM work;
