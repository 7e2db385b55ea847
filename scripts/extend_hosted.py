"""Add names to `hosted.tsv`: `python scripts/extend_hosted.py TABLE.tsv SOURCE`.

TABLE has the columns `api_model_id provider hf_id match lab` (as gathered from models.dev, litellm, OpenRouter);
SOURCE is what the new rows cite. Rows on record are left as they are: what they say was checked by a person.
A name gets weights only where the table states them and they belong to the developer that the name tells.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

from aicheck.knowledge import hosted

GENERIC = re.compile(r"\d+-x-\d+|^(?:auto|free|default|custom|latest|fast|pro|chat|dev|edit|turbo|search|x?)$")


def main() -> int:
    table, source = Path(sys.argv[1]), sys.argv[2]
    target = Path(hosted.__file__).parent / "data" / "hosted.tsv"
    lines = target.read_text(encoding="utf-8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    rows = {line for line in lines if line and not line.startswith("#")}
    known = {row.split("\t")[0] for row in rows}
    before = len(rows)
    with table.open(encoding="utf-8", newline="") as file:
        for entry in csv.DictReader(file, delimiter="\t"):
            provider = entry["provider"] if not entry["provider"].startswith("(") else None
            forms = list(hosted.readings((provider or "").casefold(), entry["api_model_id"]))
            if not forms or GENERIC.search(forms[0].core) or any(form.core in known for form in forms):
                continue
            found = hosted.hosted_model(provider, entry["api_model_id"])
            if found is None or found.basis == "vendor" or hosted.lab_of(found.lab) is None:
                continue
            stated = entry["hf_id"] if entry["match"] == "stated" and found.closed is not True else ""
            house = hosted.lab_of(stated.partition("/")[0]) if stated else None
            hub_id = stated if house is not None and house.slug == found.lab else found.hub_id or ""
            state = "open" if hub_id else {True: "closed", False: "open", None: ""}[found.closed]
            rows.add(f"{forms[0].core}\t*\t{found.lab}\t{hub_id}\t{state}\t\t\t{source}\t")
            known.add(forms[0].core)
    target.write_text("\n".join([*head, *sorted(rows)]) + "\n", encoding="utf-8")
    print(f"{len(rows) - before} names added, {len(rows)} on record")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
