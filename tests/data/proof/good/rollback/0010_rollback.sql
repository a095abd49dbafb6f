DROP MATERIALIZED VIEW admin_totals;
DROP VIEW admin_count;
DROP VIEW admins;
