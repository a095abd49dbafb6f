"""pgtide's own SQL runs nobody else's code (the class of CVE-2018-1058)."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

# Each copy counts in a sequence, which no rollback takes back, and fails.
TRAP = """
CREATE SCHEMA trap;
CREATE SEQUENCE trap.sprung;
CREATE SEQUENCE trap.made;
CREATE FUNCTION trap.body(what text) RETURNS text LANGUAGE sql AS $f$
  SELECT pg_catalog.format('DECLARE n pg_catalog.int8; BEGIN n := pg_catalog.nextval(''trap.sprung''::pg_catalog.regclass); '
    'RAISE EXCEPTION USING MESSAGE = %L; END', 'hijacked: ' OPERATOR(pg_catalog.||) what) $f$;
"""

# As in pg_catalog, argument for argument, so that whatever is looked up in a search_path with this schema first is theirs.
FUNCTIONS = """
DO $do$ DECLARE f record; BEGIN
  FOR f IN SELECT p.proname, pg_catalog.pg_get_function_arguments(p.oid) AS arguments, pg_catalog.pg_get_function_result(p.oid) AS result
    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.prokind = 'f'
      AND p.proname = ANY (string_to_array('{names}', ' ')) LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L',
        f.proname, f.arguments, f.result, trap.body(f.proname));
      PERFORM pg_catalog.nextval('trap.made');
    EXCEPTION WHEN OTHERS THEN NULL;  -- pseudo-types that a script cannot use
    END;
  END LOOP;
END $do$;
"""

OPERATORS = """
DO $do$ DECLARE o record; f text; BEGIN
  FOR o IN SELECT oprname, oprleft::pg_catalog.regtype AS l, oprright::pg_catalog.regtype AS r, oprresult::pg_catalog.regtype AS result
    FROM pg_catalog.pg_operator WHERE oprnamespace = 'pg_catalog'::pg_catalog.regnamespace AND oprkind = 'b'
    UNION SELECT op, l::pg_catalog.regtype, r::pg_catalog.regtype, CASE op WHEN '||' THEN 'text' ELSE 'bool' END::pg_catalog.regtype
    FROM unnest(string_to_array('= <> < > ||', ' ')) op, unnest(string_to_array('varchar,name,text,regclass,oid,bpchar', ',')) l,
      unnest(string_to_array('varchar,name,text,regclass,oid,bpchar', ',')) r LOOP
    BEGIN
      f := pg_catalog.format('op_%s', pg_catalog.md5(pg_catalog.concat_ws(' ', o.oprname, o.l::text, o.r::text)));
      EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', f, o.l, o.r, o.result,
        trap.body('operator ' || o.oprname));
      EXECUTE pg_catalog.format('CREATE OPERATOR {schema}.%s (FUNCTION = {schema}.%I, LEFTARG = %s, RIGHTARG = %s)', o.oprname, f, o.l, o.r);
      PERFORM pg_catalog.nextval('trap.made');
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $do$;
"""

# What fits better than the polymorphic or "any" function of pg_catalog, wherever it stands in the search_path.
BETTER = """
DO $do$ DECLARE f text; a text; BEGIN
  FOREACH f IN ARRAY ARRAY['concat_ws', 'concat', 'format', 'count', 'array_position', 'array_to_string', 'jsonb_build_object', 'unnest'] LOOP
    FOREACH a IN ARRAY ARRAY['text', 'text, text', 'text, name', 'text, text, text', 'text, name, name', 'text, name, text',
        'text, name, text, integer', 'text, text, text, text', 'text, integer, text, text', 'name[], name', 'name[], text', 'oid[]', 'text[]', 'text[], text'] LOOP
      BEGIN
        EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s) RETURNS text LANGUAGE plpgsql AS %L', f, a, trap.body(f));
        PERFORM pg_catalog.nextval('trap.made');
      EXCEPTION WHEN OTHERS THEN NULL;
      END;
    END LOOP;
  END LOOP;
END $do$;
"""

TYPES = """
DO $do$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['text', 'oid', 'name', 'uuid', 'jsonb', 'regclass', 'regtype', 'regproc', 'regnamespace', 'int8', 'int4', 'bool'] LOOP
    EXECUTE pg_catalog.format('CREATE DOMAIN {schema}.%I AS pg_catalog.text CHECK (trap.spring(%L))', t, t);
  END LOOP;
END $do$;
"""
SPRING = """CREATE FUNCTION trap.spring(what pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $f$
BEGIN PERFORM pg_catalog.nextval('trap.sprung'::pg_catalog.regclass); RETURN true; END $f$;"""


def names_in_our_sql():
    """Every word of the sources that could be the name of a function in one of pgtide's statements."""
    words = set()
    for folder in ("src", "include"):
        for path in (cli.ROOT / folder).rglob("*.[ch]pp"):
            words.update(re.findall(r"\b([a-z_][a-z0-9_]*)\(", path.read_text()))
    return " ".join(sorted(words))


class Hijack(cli.DatabaseCase):
    def lay_trap(self, schema):
        made = f"CREATE SCHEMA IF NOT EXISTS {schema};" + SPRING + TRAP.replace("CREATE SCHEMA trap;", "")
        self.sql("CREATE SCHEMA trap;" + made)
        for part in (FUNCTIONS, OPERATORS, BETTER, TYPES):
            self.sql("SET search_path = pg_catalog, pg_temp", part.replace("{schema}", schema).replace("{names}", names_in_our_sql()))
        self.assertGreater(int(self.sql("SELECT last_value FROM trap.made")[0]), 800)

    def scripts(self):
        """Of every kind, and without a function or an operator of their own."""
        self.tables(2)
        self.pair(3, "index", "CREATE INDEX CONCURRENTLY t1_id ON t1 (id);\n", "DROP INDEX CONCURRENTLY IF EXISTS t1_id;\n")
        self.pair(4, "batch", "-- pgtide: batch size=10\nDELETE FROM t1 WHERE ctid IS NULL;\n", "SELECT 1;\n")
        self.pair(5, "deferred", "CREATE TABLE t5 (id int);\nSET CONSTRAINTS ALL IMMEDIATE;\n", "DROP TABLE t5;\n")

    def call_everything(self):
        for words in (["up", "--dry-run"], ["up", "--dry-run", "--round-trip"], ["up"], ["up"], ["status"], ["status", "--check"],
                      ["history"], ["doctor"], ["drift", "--recorded"], ["drift"], ["mark-good"], ["down", "4", "--dry-run"],
                      ["down", "2", "--yes"], ["up", "--single-transaction", "2"], ["baseline", "3", "--yes"],
                      ["resolve", "--rolled-back", "3", "--yes"], ["resolve", "--applied", "3", "--yes"], ["repair", "--yes"],
                      ["up"], ["down", "--last-good", "--yes"], ["down", "0", "--from-ledger", "--yes"], ["reset", "--yes"]):
            run = self.run_pgtide(*words)
            self.assertNotIn("hijacked", run.out + run.err, run)
            self.assertNotIn(run.code, (3, 70), run)
            if words[0] != "reset":
                self.assertEqual(self.sql("SELECT is_called FROM trap.sprung"), ["f"], run)

    def test_a_schema_before_pg_catalog(self):
        self.scripts()
        self.lay_trap("first")
        self.sql("ALTER DATABASE shop SET search_path = first, public, pg_catalog")
        self.call_everything()
        self.see_it_spring()  # or else this proves nothing

    def test_what_fits_better_behind_pg_catalog(self):
        self.scripts()
        self.lay_trap("public")
        self.call_everything()

    def see_it_spring(self):
        self.lay_trap("first")
        for sql in ("SELECT current_database()", "SELECT 'a'::varchar = 'b'::varchar", "SELECT 1 + 1", "SELECT concat_ws(',', 'a'::name)"):
            with self.subTest(sql), self.assertRaises(Exception) as failed:
                self.sql("SET search_path = first, pg_catalog", sql)
            self.assertIn("hijacked", str(failed.exception))
        self.assertEqual(self.sql("SELECT is_called FROM trap.sprung"), ["t"])


if __name__ == "__main__":
    cli.main()
