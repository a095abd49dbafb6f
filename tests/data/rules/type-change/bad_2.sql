ALTER TABLE events ALTER COLUMN amount TYPE numeric;  -- finding
