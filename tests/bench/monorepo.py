"""Make a large tree out of smaller ones, for `tests/bench/run.py`: the same shapes, no two files alike.

    python tests/bench/monorepo.py --into DIR --files 200000 ORDINARY... --ai AI... --share .05

Takes text files round by round into `DIR/part-N/`, each with one line more (a comment with its number, where the kind
of file has comments), until there are enough. `--share` is the part of the files that comes from the AI trees; with AI
trees alone the tree is AI-dense. The parts are deterministic for the same sources.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

COMMENTS = {
    ".py": b"\n# part %d\n", ".yaml": b"\n# part %d\n", ".yml": b"\n# part %d\n", ".sh": b"\n# part %d\n",
    ".toml": b"\n# part %d\n", ".md": b"\n<!-- part %d -->\n", ".rst": b"\n.. part %d\n", ".txt": b"\npart %d\n",
    ".js": b"\n// part %d\n", ".ts": b"\n// part %d\n", ".tsx": b"\n// part %d\n", ".jsx": b"\n// part %d\n",
    ".c": b"\n// part %d\n", ".h": b"\n// part %d\n", ".cu": b"\n// part %d\n", ".cpp": b"\n// part %d\n",
    ".go": b"\n// part %d\n", ".rs": b"\n// part %d\n", ".java": b"\n// part %d\n", ".json": b"\n" + b" " * 1,
}  # fmt: skip
"""What an ending's files are made different with; `%d` is the number of the part."""
LARGEST = 1 << 20
LEFT_OUT = {".git", "__pycache__", "node_modules/.cache"}


def files_of(root: Path) -> list[str]:
    """Relative paths of the regular files of a tree, in order."""
    found = []
    for base, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in sorted(names):
            path = Path(base, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                found.append(path.relative_to(root).as_posix())
    return found


def copies(trees: list[Path]) -> Iterator[tuple[Path, str, int, str]]:
    """(tree, file, part, place in the large tree) without end: each round is a new part."""
    listed = [(tree, path) for tree in trees for path in files_of(tree)]
    for number, (tree, path) in enumerate(cycle(listed)):
        part = number // len(listed)
        yield tree, path, part, f"part-{part:03}/{tree.name}/{path}"


def write(into: Path, tree: Path, path: str, part: int, place: str) -> None:
    """Copy one file, made different."""
    data = (tree / path).read_bytes()
    more = COMMENTS.get(Path(path).suffix.lower(), b"")
    target = into / place
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data + (more % part if b"%d" in more else more * (part + 1)))


def main() -> int:
    """Build the tree and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ordinary", nargs="*", type=Path)
    parser.add_argument("--ai", nargs="*", type=Path, default=[])
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    share = 1.0 if not options.ordinary else options.share if options.ai else 0.0
    wanted = [(options.ai, round(options.files * share)), (options.ordinary, round(options.files * (1 - share)))]
    total = 0
    for trees, count in wanted:
        for tree, path, part, place in islice(copies(trees), count) if trees else ():
            write(options.into, tree, path, part, place)
            total += 1
    sys.stdout.write(f"{total} files in {options.into}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
