"""Pins in addresses of the Hub: `resolve/main/` names a branch, `resolve/<commit>/` does not move."""

from __future__ import annotations

import re

from aicheck.fix.edits import Edit, Place, Refused, Text

__all__ = ["pins"]


def pins(source: Text, place: Place) -> list[Edit]:
    """Edits that pin an address. Raises `Refused` where it names no branch."""
    _, line_end = source.line_of(place.start)
    branch = re.escape(place.revision or "main")
    found = re.compile(rf"/(?:resolve|raw|blob|tree)/({branch})(?=[/?#\"'`\s)>\]]|$)").search(
        source.text, place.start, max(place.end + 1, min(place.end, line_end))
    )
    if found is None:
        raise Refused("the address names no branch")
    return [Edit(found.start(1), found.end(1), place.commit)]
