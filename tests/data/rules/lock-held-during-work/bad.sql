ALTER TABLE users ADD COLUMN score integer;  -- finding
UPDATE orders SET total = total + 1;
