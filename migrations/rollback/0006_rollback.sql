-- Rollback for: drop_email
-- Version: 0006
--
-- A new column always comes last, so adding email again would leave it behind email_address, the wrong way
-- round. Instead the column that is there takes the old name back, which puts it where email was, and a
-- fresh email_address is added behind it. The trigger keeps them the same, as version 0005 had it.

-- Since PostgreSQL 18 a NOT NULL has a name that is made from the column's: it is made again after the rename.
ALTER TABLE users ALTER COLUMN email_address DROP NOT NULL;
ALTER TABLE users RENAME COLUMN email_address TO email;
ALTER TABLE users RENAME CONSTRAINT users_email_address_key TO users_email_key;
ALTER TABLE users ALTER COLUMN email SET NOT NULL;

ALTER TABLE users ADD COLUMN email_address text;

COMMENT ON COLUMN users.email_address IS 'Where mail goes; also the login';

UPDATE users SET email_address = email;

ALTER TABLE users
  ALTER COLUMN email_address SET NOT NULL,
  ADD CONSTRAINT users_email_address_key UNIQUE (email_address);

CREATE FUNCTION users_sync_email() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.email_address := coalesce(NEW.email_address, NEW.email);
    NEW.email := NEW.email_address;
  ELSIF NEW.email_address IS DISTINCT FROM OLD.email_address THEN
    NEW.email := NEW.email_address;
  ELSE
    NEW.email_address := NEW.email;
  END IF;
  RETURN NEW;
END
$$;

COMMENT ON FUNCTION users_sync_email() IS 'While users.email is being renamed: a write to one column reaches the other';

CREATE TRIGGER users_sync_email
  BEFORE INSERT OR UPDATE OF email, email_address ON users
  FOR EACH ROW EXECUTE FUNCTION users_sync_email();
