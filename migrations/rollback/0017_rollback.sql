-- Rollback for: index_email_domain
-- Version: 0017

DROP INDEX CONCURRENTLY users_email_domain_idx;
