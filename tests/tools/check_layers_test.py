"""tools/check-layers sees an include that a layer may not have, also one of a public header."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

GOOD = {
    "include/pgtide/version.hpp": "std::string shown(int version);",
    "include/pgtide/sql/script_scan.hpp": '#include "pgtide/version.hpp"',
    "include/pgtide/schema/snapshot.hpp": "struct Snapshot {};",
    "include/pgtide/render.hpp": '#include "pgtide/version.hpp"\nstd::string text();',
    "include/pgtide/run_request.hpp": '#include "pgtide/sql/script_scan.hpp"',
    "include/pgtide/ports/session.hpp": "class Session {};",
    "include/pgtide/migrator.hpp": '#include "pgtide/run_request.hpp"',
    "src/core/version.cpp": '#include "pgtide/version.hpp"\n#include <string>',
    "src/sql/script_scan.cpp": '#include "pgtide/sql/script_scan.hpp"',
    "src/engine/runner.cpp": '#include "pgtide/run_request.hpp"\n#include "pgtide/ports/session.hpp"',
    "src/adapters/files.cpp": "#include <fstream>",
    "src/app/migrator.cpp": '#include "pgtide/migrator.hpp"',
    "src/cli/main.cpp": '#include "pgtide/migrator.hpp"\n#include <CLI/CLI.hpp>',
}


class Layers(unittest.TestCase):
    def check(self, changed):
        with tempfile.TemporaryDirectory(prefix="pgtide-layers-") as folder:
            for name, text in {**GOOD, **changed}.items():
                file = pathlib.Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"{text}\n")
            done = subprocess.run([ROOT / "tools" / "check-layers", folder], capture_output=True, text=True, timeout=60)
            return done.returncode, done.stdout + done.stderr

    def test_a_tree_in_order(self):
        self.assertEqual(self.check({}), (0, ""))

    def test_what_a_layer_may_not_include(self):
        for file, text, said in (
            ("src/core/version.cpp", '#include "pgtide/sql/script_scan.hpp"', "layer core may not use layer sql"),
            ("src/core/version.cpp", '#include "pgtide/render.hpp"', "layer core may not use layer render"),
            ("src/core/version.cpp", '#include "pgtide/run_request.hpp"', "layer core may not use layer engine"),
            ("src/core/version.cpp", "#include <fstream>", "layer core may not use fstream"),
            ("src/sql/script_scan.cpp", '#include "pgtide/schema/snapshot.hpp"', "layer sql may not use layer schema"),
            ("src/engine/runner.cpp", '#include "pgtide/migrator.hpp"', "layer engine may not use layer app"),
            ("src/engine/runner.cpp", "#include <libpq-fe.h>", "layer engine may not use libpq-fe.h"),
            ("src/adapters/files.cpp", '#include "pgtide/run_request.hpp"', "layer adapters may not use layer engine"),
            ("src/app/migrator.cpp", "#include <CLI/CLI.hpp>", "layer app may not use CLI/CLI.hpp"),
            ("include/pgtide/version.hpp", '#include "pgtide/migrator.hpp"', "layer core may not use layer app"),
            ("include/pgtide/ports/session.hpp", '#include "pgtide/render.hpp"', "layer ports may not use layer render"),
            ("include/pgtide/sql/script_scan.hpp", '#include "pgtide/ports/session.hpp"', "layer sql may not use layer ports"),
            ("include/pgtide/schema/snapshot.hpp", '#include "pgtide/render.hpp"', "layer schema may not use layer render"),
            ("include/pgtide/version.hpp", '#include "engine/runner.hpp"', "a public header may not include"),
            ("include/pgtide/stray.hpp", "int of_nobody(int x);", "no layer has a stray.cpp"),
            ("src/other/x.cpp", "", "unknown layer other"),
        ):
            with self.subTest(file=file, text=text):
                code, printed = self.check({file: text})
                self.assertEqual(code, 1, printed)
                self.assertIn(said, printed)
                self.assertEqual(printed.count("\n"), 1, printed)


if __name__ == "__main__":
    unittest.main()
