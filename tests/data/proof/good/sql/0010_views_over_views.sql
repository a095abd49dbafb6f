CREATE VIEW admins AS SELECT a.id FROM accounts a JOIN roles r ON r.id = a.role_id WHERE r.name = 'admin';
CREATE VIEW admin_count AS SELECT count(*) FROM admins;
CREATE MATERIALIZED VIEW admin_totals AS SELECT * FROM admin_count;
