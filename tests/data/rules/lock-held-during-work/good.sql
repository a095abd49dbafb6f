UPDATE orders SET total = total + 1;
ALTER TABLE users ADD COLUMN score integer;
