"""Terms of licences: the columns of `licences.tsv` against `aicheck.knowledge.licenses`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from measure import Score, compare, table

from aicheck.core.component import License
from aicheck.knowledge.licenses import by_id, license_for

CATEGORIES = {
    "RAIL (use-restricted)": "responsible-ai",
    "copyleft-RAIL": "responsible-ai",
    "data-licence": "data",
    "open-model-permissive": "open-source",
}
TERRITORIES = {"United States": "US", "European Union": "EU", "United Kingdom": "GB", "Republic of Korea": "KR"}
COMMERCIAL = {
    "threshold": "yes-with-conditions",
    "internal": "yes-with-conditions",
    "computational": "yes-with-conditions",
}
NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(K|M|B)\b")
SCALE = {"K": 1e3, "M": 1e6, "B": 1e9}


def answer(row: dict[str, str]) -> License | None:
    """Ask as a card would: identifier, name, link; else by the row's key."""
    hub = row["hf_license"] if row["hf_license"] != "unknown" else "other"
    name = row["hf_license_name"].split(" / ")[0].rstrip("*").rstrip("-")
    return license_for(hub, name or None, row["link"]) or by_id(row["licence_key"].split(" (")[0])


def score(facts: Path) -> Iterable[Score]:
    """Yield one score per attribute, and one over all of them."""
    pairs: dict[str, list[tuple[str, object, object]]] = {}

    def add(attribute: str, key: str, found: object, expected: object) -> None:
        pairs.setdefault(attribute, []).append((key, found, expected))

    for row in table(facts / "licences.tsv"):
        key, found = row["licence_key"], answer(row)
        add("recognised", key, "yes" if found else "no", "yes")
        if found is None:
            continue
        if row["spdx_id"]:
            add("SPDX identifier", key, found.expression, row["spdx_id"])
        elif row["scancode_key"]:
            add("AboutCode key", key, found.expression, f"LicenseRef-scancode-{row['scancode_key']}")
        category = CATEGORIES.get(row["class"], row["class"])
        # The table calls GPL-like licences open-source and marks share-alike beside it; here they are copyleft.
        mine = "open-source" if found.category == "copyleft" and category == "open-source" else found.category
        add("category", key, mine, category)
        first = row["commercial_use"].split(" ")[0]
        add("commercial use", key, found.commercial_use, COMMERCIAL.get(first, first))
        add("OSI approved", key, bool(found.osi_approved), row["osi_approved"] == "yes")
        add("share-alike", key, bool(found.share_alike), row["share_alike"] == "yes")
        stated = {float(number) * SCALE[unit] for number, unit in NUMBER.findall(row["thresholds"])}
        add("thresholds", key, {limit.value for limit in found.thresholds} or set(), stated)
        excluded = {code for name, code in TERRITORIES.items() if name in row["territory_exclusions"]}
        add("territories", key, set(found.territory_exclusions), excluded)
        if row["attribution_naming"] not in {"", "none"}:
            duty = (found.attribution or "none") != "none" or (found.naming or "none") != "none"
            add("attribution or naming", key, "duty" if duty else "none", "duty")
        if row["use_restrictions"]:
            restricted = (found.use_restrictions or "none") != "none"
            add("use restrictions", key, restricted, row["use_restrictions"] != "none")
    every = [pair for attribute in pairs.values() for pair in attribute]
    yield from (compare(attribute, listed) for attribute, listed in pairs.items())
    yield compare("licence attributes", every, goal=0.97)
