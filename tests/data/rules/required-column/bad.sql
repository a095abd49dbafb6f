ALTER TABLE drafts ADD COLUMN title text NOT NULL;  -- finding
