-- Rollback for: add_node_difficulty
-- Version: 0010
--
-- The column goes before its type. What authors have set is lost; up again, every node is core.
-- pgtide: lock-timeout=2s
-- pgtide: allow data-loss

ALTER TABLE knowledge_nodes DROP COLUMN difficulty;
DROP TYPE node_difficulty;
