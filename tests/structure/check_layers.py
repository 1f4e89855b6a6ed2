#!/usr/bin/env python3
"""Checks the #include lines and link lines of daemon/ against the layer table.

usage: check_layers.py [--root DIR] [--table FILE]

Prints one line per violation, `file:line: what is wrong`, and ends with 1 if there is any, with 2 if
the table itself is wrong.
"""

import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TARGET = re.compile(r"\bkpiwatch_([a-z_]+)\b(?!\()")
SOURCES = (".h", ".cc")


class TableError(Exception):
    pass


class Table:
    """The rows of layers.txt."""

    def __init__(self, path):
        self.allowed = {}  # folder -> set of folders, or None for all of them
        self.external = {}  # include prefix -> set of folders
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            left, colon, right = line.partition(":")
            if not colon:
                raise TableError(f"{path}:{number}: expected 'FOLDER: FOLDERS'")
            names = right.split()
            if left.startswith("external "):
                self.external[left.split()[1]] = set(names)
            else:
                self.allowed[left] = None if names == ["*"] else set(names)
        for names in [n for n in self.allowed.values() if n] + list(self.external.values()):
            for name in names:
                if name not in self.allowed and name != "proto":
                    raise TableError(f"{path}: '{name}' has no row of its own")

    def folder_of(self, path):
        """The row that a path below daemon/ belongs to: the longest one that fits; None: no row."""
        parts = path.split("/")
        for length in range(len(parts), 0, -1):
            if "/".join(parts[:length]) in self.allowed:
                return "/".join(parts[:length])
        return None

    def may(self, folder, other):
        allowed = self.allowed[folder]
        return folder == other or allowed is None or other in allowed


def check_include(table, folder, directory, kind, included):
    """What is wrong with one include line of a file of `folder` in `directory`, or None."""
    for prefix, folders in table.external.items():
        if included.startswith(prefix) and folder not in folders:
            return f"only {', '.join(sorted(folders))} may include {prefix}"
    top = included.split("/", 1)[0]
    if top not in ("daemon", "proto"):
        if kind == '"' and (directory / included).exists():
            return f'"{included}" does not start at the project root'
        return None  # a third-party or system header
    if kind == "<" or "/../" in included or "/./" in included:
        return f'write it as "daemon/..." from the project root: {included}'
    if top == "proto":
        other = "proto"
    else:
        other = table.folder_of(included.split("/", 1)[1])
        if other is None:
            return f"{included} is in no folder of the layer table"
    if not table.may(folder, other):
        return f"{folder} may not include {other} ({included})"
    return None


def check_sources(table, daemon):
    for path in sorted(p for p in daemon.rglob("*") if p.suffix in SOURCES):
        folder = table.folder_of(path.relative_to(daemon).as_posix())
        name = path.relative_to(daemon.parent).as_posix()
        if folder is None:
            yield f"{name}:1: this folder has no row in the layer table"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            problem = match and check_include(table, folder, path.parent, *match.groups())
            if problem:
                yield f"{name}:{number}: {problem}"


def check_links(table, daemon):
    """Link lines name targets: kpiwatch_ingest_log is the folder ingest/log."""
    targets = {folder.replace("/", "_"): folder for folder in table.allowed}
    targets["proto"] = "proto"
    for path in sorted(daemon.rglob("CMakeLists.txt")):
        folder = table.folder_of(path.parent.relative_to(daemon).as_posix())
        if folder is None:  # daemon/CMakeLists.txt only lists the folders
            continue
        name = path.relative_to(daemon.parent).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for target in TARGET.findall(line.split("#", 1)[0]):
                if target not in targets:
                    continue
                if not table.may(folder, targets[target]):
                    yield f"{name}:{number}: {folder} may not link {targets[target]}"


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=here.parent.parent)
    parser.add_argument("--table", type=pathlib.Path, default=here / "layers.txt")
    args = parser.parse_args()
    try:
        table = Table(args.table)
    except TableError as error:
        print(error, file=sys.stderr)
        return 2
    daemon = args.root / "daemon"
    sources = sum(1 for p in daemon.rglob("*") if p.suffix in SOURCES)
    if sources == 0:
        print(f"{daemon}: no source file found", file=sys.stderr)
        return 2
    problems = [*check_sources(table, daemon), *check_links(table, daemon)]
    for problem in problems:
        print(problem)
    print(f"{sources} files checked, {len(problems)} violations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
