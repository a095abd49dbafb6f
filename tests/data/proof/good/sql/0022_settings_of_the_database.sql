DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = public, "Odd, ""name""", pg_catalog', current_database());
    EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I SET application_name = ''it''''s me''', current_database());
END
$$;
