-- Rollback for: swap_enrollments
-- Version: 0014
--
-- The old table comes back under its name, with the grants and names that it always had, and is brought up to
-- date with what has happened since. What it has no place for (the end of a course, a second enrolment) is
-- saved, for the forward script to take back.

LOCK TABLE enrollments, enrollments_v1 IN ACCESS EXCLUSIVE MODE;

INSERT INTO rollback_backups (migration, table_name, row_data)
SELECT '0014', 'enrollments', to_jsonb(e)
FROM enrollments AS e;

DELETE FROM enrollments_v1 AS o
WHERE NOT EXISTS (
  SELECT FROM enrollments AS e
  WHERE e.user_id = o.user_id AND e.course_id = o.course_id
);

INSERT INTO enrollments_v1 (user_id, course_id, enrolled_at)
SELECT e.user_id, e.course_id, min(e.enrolled_at)
FROM enrollments AS e
GROUP BY e.user_id, e.course_id
ON CONFLICT (user_id, course_id) DO UPDATE SET enrolled_at = excluded.enrolled_at
  WHERE enrollments_v1.enrolled_at <> excluded.enrolled_at;

DROP TABLE enrollments;

ALTER TABLE enrollments_v1 RENAME TO enrollments;
ALTER INDEX enrollments_v1_pkey RENAME TO enrollments_pkey;
ALTER INDEX enrollments_v1_course_id_idx RENAME TO enrollments_course_id_idx;
