"""Score hosted names: `python scripts/score_hosted.py TABLE.tsv [-v]`.

The table has the columns `api_model_id provider hf_id match lab`.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

from aicheck.knowledge.hosted import hosted_model, lab_of


def main() -> int:
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for row in rows:
        provider = row["provider"] if not row["provider"].startswith("(") else None
        found = hosted_model(provider, row["api_model_id"])
        count["names"] += 1
        count["developer known"] += found is not None
        lab = lab_of(row["lab"].lstrip("~")) if row["lab"] not in {"", "-"} else None
        if lab is not None:
            count["lab stated"] += 1
            if found is not None and found.lab == lab.slug:
                count["lab agrees"] += 1
            elif found is not None:
                wrong.append(f"lab\t{row['provider']}\t{row['api_model_id']}\t{row['lab']}\t{found.lab}")
        if row["match"] == "stated" and row["hf_id"]:
            count["weights stated"] += 1
            if found is not None and found.hub_id:
                count["weights answered"] += 1
                if found.hub_id.casefold() == row["hf_id"].casefold():
                    count["weights agree"] += 1
                else:
                    wrong.append(f"hub\t{row['provider']}\t{row['api_model_id']}\t{row['hf_id']}\t{found.hub_id}")
    for key, value in count.items():
        print(f"{key:20} {value}")
    if "-v" in sys.argv:
        print("\n".join(wrong))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
