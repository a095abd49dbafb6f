-- Migration: swap_enrollments
-- Version: 0014
--
-- A learner may take a course again, so that (user_id, course_id) is no key any more. The table is replaced as
-- a whole: the new layout is built and filled beside the old one, then both are renamed in the same transaction.
-- Reads go on until the renames; writes wait for the copy. The old table stays as enrollments_v1, which makes
-- the way back short; a later migration can drop it. Nothing may depend on enrollments here: a view or a
-- foreign key would follow the old table, not the name.

LOCK TABLE enrollments IN SHARE ROW EXCLUSIVE MODE;

-- Constraint names are a table's own, so these can be final at once. Those with an index behind them cannot.
CREATE TABLE enrollments_v2 (
  id           uuid        CONSTRAINT enrollments_id_not_null NOT NULL DEFAULT gen_random_uuid(),
  user_id      uuid        CONSTRAINT enrollments_user_id_not_null NOT NULL,
  course_id    uuid        CONSTRAINT enrollments_course_id_not_null NOT NULL,
  enrolled_at  timestamptz CONSTRAINT enrollments_enrolled_at_not_null NOT NULL DEFAULT now(),
  completed_at timestamptz,
  CONSTRAINT enrollments_v2_pkey PRIMARY KEY (id),
  CONSTRAINT enrollments_completed_at_check CHECK (completed_at >= enrolled_at),
  CONSTRAINT enrollments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT enrollments_course_id_fkey FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE
);

COMMENT ON TABLE enrollments_v2 IS 'Who takes which course, once or again';

-- Rows that the rollback has saved, of people who are still enrolled; then everybody else.
WITH taken AS (
  DELETE FROM rollback_backups AS b
  USING enrollments AS e
  WHERE b.migration = '0014'
    AND b.table_name = 'enrollments'
    AND e.user_id = (b.row_data ->> 'user_id')::uuid
    AND e.course_id = (b.row_data ->> 'course_id')::uuid
  RETURNING b.row_data
)
INSERT INTO enrollments_v2
SELECT saved.*
FROM taken, jsonb_populate_record(NULL::enrollments_v2, taken.row_data) AS saved;

INSERT INTO enrollments_v2 (user_id, course_id, enrolled_at)
SELECT e.user_id, e.course_id, e.enrolled_at
FROM enrollments AS e
WHERE NOT EXISTS (
  SELECT FROM enrollments_v2 AS v
  WHERE v.user_id = e.user_id AND v.course_id = e.course_id
);

-- After the copy: filling an index row by row is slower than building it.
CREATE UNIQUE INDEX enrollments_v2_open_key ON enrollments_v2 (user_id, course_id) WHERE completed_at IS NULL;
CREATE INDEX enrollments_v2_user_id_idx ON enrollments_v2 (user_id);
CREATE INDEX enrollments_v2_course_id_idx ON enrollments_v2 (course_id);

-- Whoever may use the old table may use the new one.
DO $$
DECLARE
  acl record;
BEGIN
  FOR acl IN
    SELECT
      a.privilege_type AS privilege,
      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee,
      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS suffix
    FROM pg_class AS c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.oid = 'enrollments'::regclass AND a.grantee <> c.relowner
  LOOP
    EXECUTE format('GRANT %s ON enrollments_v2 TO %s%s', acl.privilege, acl.grantee, acl.suffix);
  END LOOP;
END
$$;

-- The swap. Indexes share one namespace with tables, so they step aside as well.
ALTER TABLE enrollments RENAME TO enrollments_v1;
ALTER INDEX enrollments_pkey RENAME TO enrollments_v1_pkey;
ALTER INDEX enrollments_course_id_idx RENAME TO enrollments_v1_course_id_idx;

ALTER TABLE enrollments_v2 RENAME TO enrollments;
ALTER INDEX enrollments_v2_pkey RENAME TO enrollments_pkey;
ALTER INDEX enrollments_v2_open_key RENAME TO enrollments_open_key;
ALTER INDEX enrollments_v2_user_id_idx RENAME TO enrollments_user_id_idx;
ALTER INDEX enrollments_v2_course_id_idx RENAME TO enrollments_course_id_idx;
