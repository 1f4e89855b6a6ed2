#!/usr/bin/env python3
"""What docs/OPERATIONS.md promises exists: the table's log lines stand in daemon/ as they are
quoted, its metrics are exported there, its tests are in tests/."""

import argparse
import pathlib
import re
import sys

COLUMNS = ["log line", "metric", "test"]


def sources(folder):
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.cc")))


def rows(text):
    """The cells of the table, by column name."""
    header = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            header = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if header is None:
            header = cells
        elif COLUMNS[0] in header and not set(line) <= set("|- "):
            yield number, dict(zip(header, cells))


def complaints(root):
    page = root / "docs/OPERATIONS.md"
    # Neighbouring literals are one text.
    daemon = re.sub(r'"\s*\n\s*"', "", sources(root / "daemon"))
    tests = sources(root / "tests")
    found = 0
    for number, row in rows(page.read_text(encoding="utf-8")):
        found += 1
        for column in COLUMNS:
            names = re.findall(r"`([^`]+)`", row.get(column, ""))
            if not names:
                yield f"{page}:{number}: no {column}"
            for name in names:
                if column == "log line":
                    there = f'"{name}' in daemon
                elif column == "metric":
                    there = f'"{name.split("{")[0]}"' in daemon
                else:
                    suite, _, case = name.partition(".")
                    there = re.search(rf"TEST(_F|_P)?\({suite},\s*{case}\)", tests)
                if not there:
                    yield f"{page}:{number}: there is no {column} '{name}'"
    if found == 0:
        yield f"{page}: the table is missing"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    bad = list(complaints(parser.parse_args().root))
    print("\n".join(bad) if bad else "operations: all that is promised exists")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
