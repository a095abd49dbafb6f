-- Rollback for: add_user_preferences
-- Version: 0003
--
-- A safe rollback: nobody can write while it runs, the rows are copied first, the copy is checked before
-- the table goes, and at the end the script makes sure that it went. A check that fails undoes everything.
-- BEGIN and COMMIT are here so that the script is as safe when someone feeds it to psql. Under pgtide they are
-- absorbed: the script commits together with its row in the ledger.

BEGIN;

LOCK TABLE user_preferences IN ACCESS EXCLUSIVE MODE;

INSERT INTO rollback_backups (migration, table_name, row_data)
SELECT '0003', 'user_preferences', to_jsonb(p)
FROM user_preferences AS p;

DO $$
DECLARE
  lost bigint;
BEGIN
  SELECT count(*) INTO lost
  FROM user_preferences AS p
  WHERE NOT EXISTS (
    SELECT FROM rollback_backups AS b
    WHERE b.migration = '0003'
      AND b.table_name = 'user_preferences'
      AND b.row_data = to_jsonb(p)
  );
  IF lost > 0 THEN
    RAISE EXCEPTION 'backup of user_preferences lacks % rows', lost;
  END IF;
END
$$;

DROP TABLE user_preferences;

DO $$
BEGIN
  IF to_regclass('user_preferences') IS NOT NULL THEN
    RAISE EXCEPTION 'user_preferences is still there'
      USING HINT = 'another schema of the search_path may hold a table of this name';
  END IF;
END
$$;

COMMIT;
