"""What a database holds, as a text that can be compared."""

import re
import subprocess

from cli_server import CLEAN, PATIENCE, client


class Contents:
    """For a DatabaseCase."""

    def contents(self):
        """Schema and data, without pgtide's own tables, without what a sequence has given out, and without where in its
        file a row lies."""
        newest = int(re.search(r" (\d+)", subprocess.run([client("pg_dump"), "--version"], capture_output=True,
                                                         text=True, check=True).stdout)[1])
        if newest < int(self.sql("SHOW server_version_num")[0]) // 10000:
            return self.contents_by_catalog()  # pg_dump refuses a newer server
        out = subprocess.run([client("pg_dump"), "-h", self.server.folder, "-U", "postgres", "--inserts",
                              "--exclude-table=migrations*", "--exclude-table=migration_health", "shop"],
                             env=CLEAN, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        # The dump's own key changes with every run.
        lines = [line for line in out.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]
        rows = sorted(line for line in lines if line.startswith("INSERT"))
        return "\n".join([line for line in lines if not line.startswith("INSERT")] + rows)

    def contents_by_catalog(self):
        mine = "NOT LIKE 'migration%'"
        lines = self.sql(
            f"SELECT c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace "
            f"AND c.relkind = 'r' AND c.relname {mine} AND a.attnum > 0 AND NOT a.attisdropped "
            f"UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename {mine} "
            "UNION ALL SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
            f"WHERE k.connamespace = 'public'::regnamespace AND c.relname {mine} "
            "UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "UNION ALL SELECT d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid "
            "WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1")
        for table in self.tables_in_database():
            if not table.startswith("migration"):
                lines += self.sql(f"SELECT '{table} ' || t::text FROM {table} t ORDER BY 1")
        return "\n".join(lines)
