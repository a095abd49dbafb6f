DROP TABLE public.settings_kept;
