ALTER TABLE orders SET UNLOGGED;  -- finding
