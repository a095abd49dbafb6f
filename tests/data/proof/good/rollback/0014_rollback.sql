UPDATE teams SET lead_id = 1 WHERE id = 1;
