ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey  -- finding
  FOREIGN KEY (user_id) REFERENCES users (id);
