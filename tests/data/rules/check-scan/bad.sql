ALTER TABLE orders ADD CONSTRAINT total_is_positive CHECK (total > 0);  -- finding
