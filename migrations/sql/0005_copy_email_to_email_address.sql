-- Migration: copy_email_to_email_address
-- Version: 0005
--
-- users.email becomes users.email_address, step 2 of 3: copy, and keep both the same.
-- The trigger comes before the copy, so that no write falls in between. From here on the old release, which
-- writes email, and the new one, which writes email_address, can run side by side. Writes to users wait until
-- the copy is done.

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

UPDATE users SET email_address = email;

ALTER TABLE users
  ALTER COLUMN email_address SET NOT NULL,
  ADD CONSTRAINT users_email_address_key UNIQUE (email_address);
