-- Rollback for: require_course_language
-- Version: 0009
--
-- Back to the check as version 0008 left it: not validated.
-- pgtide: lock-timeout=2s

ALTER TABLE courses
  ADD CONSTRAINT courses_language_present CHECK (language IS NOT NULL) NOT VALID;
ALTER TABLE courses ALTER COLUMN language DROP NOT NULL;
