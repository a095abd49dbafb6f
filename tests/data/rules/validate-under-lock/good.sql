ALTER TABLE accounts VALIDATE CONSTRAINT accounts_name_is_short;
