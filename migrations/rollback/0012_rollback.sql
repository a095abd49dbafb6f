-- Rollback for: add_progress_events
-- Version: 0012
--
-- Dropping the partitioned table takes its partitions along. The events are lost: they are too many to be
-- saved row by row, so dump the table first where they matter (pg_dump --table='progress_events*').
-- pgtide: allow data-loss

DROP TABLE progress_events;
