-- Migration: require_course_language
-- Version: 0009
--
-- Every course gets a language, step 3 of 3: NOT NULL.
-- Rows that were written while version 0008 ran may still be empty. VALIDATE reads the table under a lock that
-- lets reads and writes pass. SET NOT NULL then believes the valid check and does not read it again.
-- pgtide: lock-timeout=2s

UPDATE courses SET language = 'en' WHERE language IS NULL;

ALTER TABLE courses VALIDATE CONSTRAINT courses_language_present;
ALTER TABLE courses ALTER COLUMN language SET NOT NULL;
ALTER TABLE courses DROP CONSTRAINT courses_language_present;
