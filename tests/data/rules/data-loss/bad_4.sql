DO $$ BEGIN  -- finding
  DROP TABLE orders;
END $$;
