-- Migration: backfill_course_language
-- Version: 0008
--
-- Every course gets a language, step 2 of 3: fill the old rows, let no new empty one in.
-- NOT VALID makes the check hold for every write from now on without reading the table, so that the strong
-- lock is short. Reading it is left to the next version.
-- pgtide: lock-timeout=2s

UPDATE courses SET language = 'en' WHERE language IS NULL;

ALTER TABLE courses
  ADD CONSTRAINT courses_language_present CHECK (language IS NOT NULL) NOT VALID;
