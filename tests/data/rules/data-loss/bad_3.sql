TRUNCATE orders;  -- finding
