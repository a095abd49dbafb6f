\restrict abc

SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
COPY public.t FROM stdin;
1\tx
\.

\unrestrict abc
