#!/usr/bin/env python3
"""The check of docs/OPERATIONS.md must refuse promises that nothing keeps."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
HEAD = "| what | log line | metric | test |\n|---|---|---|---|\n"
GOOD = "| fire | `it burns here` | `kpiwatch_fires_total{how=\"hot\"}` | `FireTest.Burns` |\n"
FILES = {
    "daemon/fire.cc": 'Log("it burns "\n    "here", {});\nCount("kpiwatch_fires_total");\n',
    "tests/fire_test.cc": "TEST_F(FireTest, Burns) {}\n",
}


def check(table):
    """Runs the check over a small tree with this table; returns (exit code, output)."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**FILES, "docs/OPERATIONS.md": table}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(HERE / "check_operations.py"), "--root", root],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class CheckOperationsTest(unittest.TestCase):
    def test_takes_what_exists(self):
        self.assertEqual(check(HEAD + GOOD)[0], 0)

    def test_refuses_what_does_not(self):
        for was, other, message in [
            ("it burns here", "it burns there", "no log line 'it burns there'"),
            ("kpiwatch_fires_total", "kpiwatch_fires", "no metric 'kpiwatch_fires"),
            ("FireTest.Burns", "FireTest.Burn", "no test 'FireTest.Burn'"),
            ("`FireTest.Burns`", "", "no test"),
        ]:
            code, output = check(HEAD + GOOD.replace(was, other))
            self.assertEqual(code, 1, output)
            self.assertIn(message, output)

    def test_refuses_a_page_without_the_table(self):
        self.assertEqual(check("# Operations\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
