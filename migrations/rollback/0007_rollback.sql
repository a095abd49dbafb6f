-- Rollback for: add_course_language
-- Version: 0007
--
-- A column with values is about to go: the values are saved first, by the key of their row.
-- pgtide: lock-timeout=2s

LOCK TABLE courses IN ACCESS EXCLUSIVE MODE;

INSERT INTO rollback_backups (migration, table_name, row_data)
SELECT '0007', 'courses', jsonb_build_object('id', c.id, 'language', c.language)
FROM courses AS c
WHERE c.language IS NOT NULL;

ALTER TABLE courses DROP COLUMN language;
