-- Rollback for: fill_email_domain
-- Version: 0016
--
-- Nothing is lost: the column holds only what email_address says as well.
-- pgtide: lock-timeout=2s

ALTER TABLE users DROP COLUMN email_domain;
