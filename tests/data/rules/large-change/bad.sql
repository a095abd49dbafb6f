UPDATE visits SET seen = true;  -- finding
