-- Rollback for: backfill_course_language
-- Version: 0008
--
-- Only the check goes. The filled values stay: nobody can tell any more which rows were empty, and version
-- 0007 allows both.
-- pgtide: lock-timeout=2s

ALTER TABLE courses DROP CONSTRAINT courses_language_present;
