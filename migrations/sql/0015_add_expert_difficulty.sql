-- Migration: add_expert_difficulty
-- Version: 0015
--
-- A fourth difficulty. ALTER TYPE ... ADD VALUE would be shorter, but a label can never be dropped, so that
-- there would be no way back. Here the type is swapped for one with the longer list. The table is rewritten
-- under a strong lock: fine for the size of a course catalogue, not for a table of events.
-- pgtide: lock-timeout=2s
-- pgtide: statement-timeout=5min

CREATE TYPE node_difficulty_v2 AS ENUM ('intro', 'core', 'advanced', 'expert');

COMMENT ON TYPE node_difficulty_v2 IS 'From easy to hard';

ALTER TABLE knowledge_nodes
  ALTER COLUMN difficulty DROP DEFAULT,
  ALTER COLUMN difficulty TYPE node_difficulty_v2 USING difficulty::text::node_difficulty_v2,
  ALTER COLUMN difficulty SET DEFAULT 'core';

DROP TYPE node_difficulty;
ALTER TYPE node_difficulty_v2 RENAME TO node_difficulty;

-- Nodes that a rollback has made advanced are expert again, unless somebody has changed them since.
WITH taken AS (
  DELETE FROM rollback_backups
  WHERE migration = '0015' AND table_name = 'knowledge_nodes'
  RETURNING (row_data ->> 'id')::uuid AS id
)
UPDATE knowledge_nodes AS n
SET difficulty = 'expert'
FROM taken
WHERE n.id = taken.id AND n.difficulty = 'advanced';
