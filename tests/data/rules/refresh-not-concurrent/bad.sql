REFRESH MATERIALIZED VIEW totals;  -- finding
