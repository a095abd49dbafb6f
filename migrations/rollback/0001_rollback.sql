-- Rollback for: initial_schema
-- Version: 0001
--
-- The end of the way back: every table goes, with its rows and with what earlier rollbacks have saved.
-- No CASCADE: an object of someone else that hangs on one of the tables stops the rollback and is named.
-- pgtide: allow data-loss

DROP TABLE rollback_backups;
DROP TABLE email_templates;
DROP TABLE node_prerequisites;
DROP TABLE knowledge_nodes;
DROP TABLE courses;
