ALTER TABLE users ADD COLUMN since timestamptz DEFAULT now();
