DROP TABLE orders;  -- finding
