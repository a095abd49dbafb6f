-- Rollback for: add_course_completion
-- Version: 0013
--
-- In the reverse order, users before what they use. Nothing is lost: all of it is computed from other tables.

DROP VIEW course_completion;
DROP FUNCTION percent_done(bigint, bigint);
DROP TRIGGER courses_count_nodes ON knowledge_nodes;
DROP FUNCTION courses_count_nodes();
ALTER TABLE courses DROP COLUMN node_count;
