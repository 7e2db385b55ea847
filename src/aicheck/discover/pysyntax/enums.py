"""From a member of an enumeration of models to the name that is sent: `ModelType.GPT_4O` → `gpt-4o`."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from aicheck.discover.judge import hosted_developer

__all__ = ["ENUM_CLASS", "NOT_ENUM", "member_name"]

ENUM_CLASS: Final = re.compile(
    r"(?:\w*(?:Model|Models|LLM|LLMs|Engine|Encoder|Embedding|Embeddings)(?:Type|Enum|Names?|Ids?|Version|s)?"
    r"|[A-Z]\w*Model\w*)\Z"
)
"""Names of enumerations whose members are models."""
NOT_ENUM: Final = re.compile(
    r"(?:Platform|Provider|Config|Class|Role|Mode(?!l)|State|Status|Architecture|Arch|Family)"
)
"""What such a name may not hold: members of those are other things."""
_DIGITS = re.compile(r"(?<=\d)_(?=\d(?:_|$|\D))")


@cache
def _table() -> dict[str, dict[str, str]]:
    raw = json.loads(files("aicheck.knowledge").joinpath("data/enums.json").read_text("utf-8"))
    return {name: dict(members) for name, members in raw["enums"].items()}


@lru_cache(maxsize=1024)
def member_name(enum: str, member: str) -> tuple[str, str | None] | None:
    """Return (name as sent, provider's slug where the member names one), or None where it is no model.

    Members of known SDKs are looked up; others are converted by the rule that their authors follow.
    """
    table = _table()
    known = table.get(enum, {}).get(member)
    provider = None
    low = member.lower()
    head, _, rest = low.partition("_")
    providers = table["providers"]
    if head in providers and rest:
        provider = providers[head]
    if known is not None:
        return known, table["owners"].get(enum) or provider
    for candidate in (low, rest) if provider else (low,):
        for text in _spellings(candidate):
            if hosted_developer(text) is not None:
                return text, provider
    return None


def _spellings(low: str) -> list[str]:
    dashed = low.replace("_", "-")
    dotted = _DIGITS.sub(".", low).replace("_", "-")
    return [dashed, dotted] if low.startswith("claude") else [dotted, dashed]
