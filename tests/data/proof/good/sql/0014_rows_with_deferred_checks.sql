UPDATE teams SET lead_id = 2 WHERE id = 1;
