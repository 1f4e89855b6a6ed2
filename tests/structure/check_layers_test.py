#!/usr/bin/env python3
"""The layer check must refuse what it is there for: bad lines, planted in a good tree."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GOOD = {
    "daemon/base/clock.h": '#include "absl/time/time.h"\n#include <vector>\n',
    "daemon/model/event.h": '#include "daemon/base/clock.h"\n',
    "daemon/ingest/log/reader.cc": '#include "daemon/ingest/source.h"\n',
    "daemon/store/rocksdb/rocks.cc": "#include <rocksdb/db.h>\n",
    "daemon/kpiwatchd/main.cc": '#include "daemon/store/rocksdb/rocks.h"\n',
    "daemon/model/CMakeLists.txt": "kpiwatch_library(model DEPS kpiwatch_base)\n",
    "daemon/kpiwatchd/CMakeLists.txt": "kpiwatch_binary(kpiwatchd DEPS kpiwatch_store_rocksdb)\n",
}


def check(planted, table=None):
    """Runs the check over the good tree plus planted files; returns (exit code, output)."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in {**GOOD, **planted}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        command = [sys.executable, str(HERE / "check_layers.py"), "--root", root]
        if table is not None:
            path = pathlib.Path(root, "layers.txt")
            path.write_text(table, encoding="utf-8")
            command += ["--table", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class CheckLayersTest(unittest.TestCase):
    def refused(self, name, text, message):
        code, output = check({name: text})
        self.assertEqual(code, 1, output)
        self.assertIn(message, output)
        self.assertIn("1 violations", output)

    def test_the_good_tree_passes(self):
        code, output = check({})
        self.assertEqual(code, 0, output)

    def test_an_upward_include_is_refused_with_its_line(self):
        self.refused("daemon/model/bad.h", '#pragma once\n#include "daemon/rulebook/rulebook.h"\n',
                     "daemon/model/bad.h:2: model may not include rulebook")

    def test_the_engine_may_not_name_an_adapter(self):
        self.refused("daemon/engine/bad.cc", '#include "daemon/store/rocksdb/rocks.h"\n',
                     "engine may not include store/rocksdb")

    def test_one_adapter_may_not_name_another(self):
        self.refused("daemon/notify/email/bad.cc", '#  include "daemon/notify/webhook/webhook.h"\n',
                     "notify/email may not include notify/webhook")

    def test_a_port_may_not_name_its_adapter(self):
        self.refused("daemon/ingest/bad.cc", '#include "daemon/ingest/kafka/source.h"\n',
                     "ingest may not include ingest/kafka")

    def test_generated_code_is_a_layer(self):
        self.refused("daemon/evaluate/bad.cc", '#include "proto/kpiwatch/v1/event.pb.h"\n',
                     "evaluate may not include proto")

    def test_yaml_is_for_the_rulebook_alone(self):
        self.refused("daemon/engine/bad.cc", "#include <yaml-cpp/yaml.h>\n",
                     "only rulebook may include yaml-cpp/")

    def test_a_quoted_third_party_include_does_not_escape(self):
        self.refused("daemon/engine/bad.cc", '#include "rocksdb/db.h"\n',
                     "only store/rocksdb may include rocksdb/")

    def test_a_relative_include_is_refused(self):
        self.refused("daemon/model/bad.cc", '#include "event.h"\n', "does not start at the project root")

    def test_a_way_around_the_table_is_refused(self):
        self.refused("daemon/model/bad.cc", '#include "daemon/model/../engine/engine.h"\n',
                     "from the project root")

    def test_an_angle_include_of_our_own_header_is_refused(self):
        self.refused("daemon/model/bad.cc", "#include <daemon/engine/engine.h>\n", "from the project root")

    def test_a_folder_without_a_row_is_refused(self):
        self.refused("daemon/helpers/bad.h", "#pragma once\n", "has no row in the layer table")

    def test_an_upward_link_is_refused(self):
        self.refused("daemon/base/CMakeLists.txt", "kpiwatch_library(base\n  DEPS kpiwatch_engine)\n",
                     "daemon/base/CMakeLists.txt:2: base may not link engine")

    def test_an_empty_tree_is_no_pass(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run([sys.executable, str(HERE / "check_layers.py"), "--root", root],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stdout)

    def test_a_table_that_names_an_unknown_folder_is_refused(self):
        code, output = check({}, table="base:\nmodel: bsae\n")
        self.assertEqual(code, 2, output)
        self.assertIn("'bsae' has no row", output)


if __name__ == "__main__":
    unittest.main()
