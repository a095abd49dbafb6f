UPDATE visits SET seen = true WHERE id <= 1000;
