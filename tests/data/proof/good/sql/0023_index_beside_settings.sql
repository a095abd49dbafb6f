CREATE TABLE public.settings_kept (id integer);
CREATE INDEX CONCURRENTLY settings_kept_id ON public.settings_kept (id);
