"""Measure the knowledge against tables of facts: `python scripts/score_facts orgs --facts DIR`.

Each subcommand is a module beside this one with `score(facts: Path) -> Iterable[Score]`; `all` runs every one.
Exits 1 where a score is below its goal.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from measure import Score  # noqa: E402 - found beside this file


def main() -> int:
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"__main__", "measure"})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*names, "all"])
    parser.add_argument(
        "--facts", type=Path, required=True, help="directory with the tables (orgs.tsv, hosted.tsv …)"
    )
    parser.add_argument("--verbose", action="store_true", help="print every row that differs")
    options = parser.parse_args()
    failed = False
    for name in names if options.what == "all" else [options.what]:
        for score in importlib.import_module(name).score(options.facts):
            assert isinstance(score, Score)
            print(score.line(name))
            failed |= not score.reached
            if options.verbose:
                for miss in score.misses:
                    print(f"    {miss}")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
