ALTER TABLE users ADD COLUMN shown text GENERATED ALWAYS AS (upper(email)) STORED;  -- finding
