-- Migration: add_progress_events
-- Version: 0012
--
-- What learners do, one row an event: by far the largest table, so it is partitioned by year from the start.
-- A year can then be dropped or archived in a moment. The default partition takes what no year covers; it
-- should stay empty, because a new year's partition has to be checked against its rows.

CREATE TABLE progress_events (
  id          uuid        NOT NULL DEFAULT gen_random_uuid(),
  user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  node_id     uuid        NOT NULL REFERENCES knowledge_nodes (id) ON DELETE CASCADE,
  kind        text        NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT progress_events_kind_check CHECK (kind IN ('started', 'practised', 'completed')),
  -- A key of a partitioned table has to contain the partition key.
  CONSTRAINT progress_events_pkey PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);

-- Bounds with an offset mean the same instant whatever the session's time zone is.
CREATE TABLE progress_events_2025 PARTITION OF progress_events
  FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00');
CREATE TABLE progress_events_2026 PARTITION OF progress_events
  FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
CREATE TABLE progress_events_other PARTITION OF progress_events DEFAULT;

-- Indexes of the partitioned table reach every partition, later ones too.
CREATE INDEX progress_events_user_id_idx ON progress_events (user_id, occurred_at);
CREATE INDEX progress_events_node_id_idx ON progress_events (node_id);

COMMENT ON TABLE progress_events IS 'Append-only; one partition a year';
