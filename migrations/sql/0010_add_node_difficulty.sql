-- Migration: add_node_difficulty
-- Version: 0010
--
-- How hard a knowledge node is, as an enum: the order of the labels is the order of difficulty.
-- A column with a constant default is added without touching the rows.
-- pgtide: lock-timeout=2s

CREATE TYPE node_difficulty AS ENUM ('intro', 'core', 'advanced');

ALTER TABLE knowledge_nodes ADD COLUMN difficulty node_difficulty NOT NULL DEFAULT 'core';

COMMENT ON TYPE node_difficulty IS 'From easy to hard';
