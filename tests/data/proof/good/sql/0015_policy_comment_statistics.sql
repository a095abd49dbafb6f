ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON accounts USING (id > 0);
COMMENT ON TABLE accounts IS 'who pays';
CREATE STATISTICS accounts_stats ON id, main_role_id FROM accounts;
CREATE DOMAIN short AS varchar(10) CHECK (VALUE <> '');
