CREATE INDEX events_amount_idx ON events (amount);  -- finding
