DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'proof_writer') THEN
    CREATE ROLE proof_writer NOLOGIN;
  END IF;
END
$$;
GRANT SELECT, INSERT ON accounts TO proof_writer;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO proof_writer;
