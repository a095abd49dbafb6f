DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I RESET search_path', current_database());
    EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %I RESET application_name', current_database());
END
$$;
