#!/usr/bin/env python3
"""The whole check must not pass because what a test needs was not there."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

RUN = pathlib.Path(__file__).resolve().parent.parent.parent / ".ci" / "run"


def ci_of(environment):
    """What the tests see as CI when .ci/run starts with `environment`."""
    with tempfile.TemporaryDirectory() as root:
        run = pathlib.Path(root, ".ci", "run")
        run.parent.mkdir()
        shutil.copy(RUN, run)
        dev = pathlib.Path(root, "dev")
        dev.write_text('#!/bin/sh\necho "$*:$CI"\n', encoding="utf-8")
        dev.chmod(0o755)
        inherited = {name: value for name, value in os.environ.items() if name != "CI"}
        done = subprocess.run([str(run)], env={**inherited, **environment}, capture_output=True,
                              text=True, check=True)
        return done.stdout.strip()


class CiRunTest(unittest.TestCase):
    def test_nothing_is_left_out_unless_asked(self):
        self.assertEqual(ci_of({}), "test:true")

    def test_an_explicit_value_wins(self):
        self.assertEqual(ci_of({"CI": "false"}), "test:false")
        self.assertEqual(ci_of({"CI": ""}), "test:")


if __name__ == "__main__":
    unittest.main()
