-- Rollback for: add_expert_difficulty
-- Version: 0015
--
-- Expert nodes become advanced, the nearest that is left; which ones is saved. Then the short list is swapped in.
-- pgtide: lock-timeout=2s
-- pgtide: statement-timeout=5min

LOCK TABLE knowledge_nodes IN ACCESS EXCLUSIVE MODE;

INSERT INTO rollback_backups (migration, table_name, row_data)
SELECT '0015', 'knowledge_nodes', jsonb_build_object('id', n.id)
FROM knowledge_nodes AS n
WHERE n.difficulty = 'expert';

UPDATE knowledge_nodes SET difficulty = 'advanced' WHERE difficulty = 'expert';

CREATE TYPE node_difficulty_v1 AS ENUM ('intro', 'core', 'advanced');

COMMENT ON TYPE node_difficulty_v1 IS 'From easy to hard';

ALTER TABLE knowledge_nodes
  ALTER COLUMN difficulty DROP DEFAULT,
  ALTER COLUMN difficulty TYPE node_difficulty_v1 USING difficulty::text::node_difficulty_v1,
  ALTER COLUMN difficulty SET DEFAULT 'core';

DROP TYPE node_difficulty;
ALTER TYPE node_difficulty_v1 RENAME TO node_difficulty;
