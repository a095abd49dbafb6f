-- Rollback for: initial_schema
-- Version: 0001

DROP TABLE IF EXISTS knowledge_nodes CASCADE;
DROP TABLE IF EXISTS users CASCADE;
