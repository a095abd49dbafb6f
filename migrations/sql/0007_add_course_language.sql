-- Migration: add_course_language
-- Version: 0007
--
-- Every course gets a language, step 1 of 3: a nullable column, which touches no row.
-- The release that follows writes it for every new course. Languages that a rollback has saved are taken back.
-- pgtide: lock-timeout=2s

ALTER TABLE courses ADD COLUMN language text;

COMMENT ON COLUMN courses.language IS 'BCP 47 tag, such as en or pt-BR';

WITH taken AS (
  DELETE FROM rollback_backups AS b
  USING courses AS c
  WHERE b.migration = '0007'
    AND b.table_name = 'courses'
    AND c.id = (b.row_data ->> 'id')::uuid
  RETURNING c.id, b.row_data ->> 'language' AS language
)
UPDATE courses AS c
SET language = taken.language
FROM taken
WHERE c.id = taken.id;
