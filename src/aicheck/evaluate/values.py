"""Types of options, countries and matching of names; shared by the rules, the schema and the engine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache
from typing import Final

from aicheck.evaluate.rule import OptionType

__all__ = [
    "BOOLEAN",
    "COUNTRIES",
    "COUNTRY_SCHEMA",
    "EU",
    "GLOBS",
    "ISO_COUNTRIES",
    "NUMBER",
    "STRINGS",
    "choice",
    "choices",
    "expand",
    "glob",
    "glob_any",
    "words",
]

_ISO = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
    "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
    "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF "
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE "
    "YT ZA ZM ZW "
)
ISO_COUNTRIES: Final = frozenset(_ISO.split())
"""ISO 3166-1 alpha-2 (knowledge)."""
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU: Final = frozenset(_EU.split())
"""Member states of the European Union (knowledge)."""

_STRING = {"type": "string", "minLength": 1, "maxLength": 300}
COUNTRY_SCHEMA: Final = {"type": "string", "enum": sorted({*ISO_COUNTRIES, "EU"})}
_COUNTRY = {"$ref": "#/definitions/country"}

STRINGS: Final = OptionType(
    {"type": "array", "items": _STRING, "minItems": 1, "uniqueItems": True}, "list of strings"
)
GLOBS: Final = OptionType(
    {"type": "array", "items": _STRING, "minItems": 1, "uniqueItems": True}, "list of globs (`*`, `?`)"
)
COUNTRIES: Final = OptionType(
    {"type": "array", "items": _COUNTRY, "minItems": 1, "uniqueItems": True},
    "list of ISO 3166-1 alpha-2 codes; `EU` stands for its member states",
)
BOOLEAN: Final = OptionType({"type": "boolean"}, "true or false")
NUMBER: Final = OptionType({"type": "number", "minimum": 0}, "number")


def choice(*names: str) -> OptionType:
    """One of these words."""
    return OptionType({"type": "string", "enum": list(names)}, "one of " + ", ".join(f"`{n}`" for n in names))


def choices(*names: str) -> OptionType:
    """A list of these words."""
    return OptionType(
        {"type": "array", "items": {"type": "string", "enum": list(names)}, "minItems": 1, "uniqueItems": True},
        "list of " + ", ".join(f"`{n}`" for n in names),
    )


@lru_cache(maxsize=256)
def expand(countries: frozenset[str]) -> frozenset[str]:
    """Country codes with `EU` replaced by (and kept beside) its member states."""
    return countries | EU if "EU" in countries else countries


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    # The standard library translates each `*` to an atomic group, so a pattern cannot backtrack badly.
    return re.compile(translate(pattern.casefold().replace("[", "[[]")))


@lru_cache(maxsize=1024)
def _patterns(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_pattern(pattern).pattern})" for pattern in patterns))


def glob(pattern: str, text: str) -> bool:
    """Match a whole name with `*` (any characters, `/` too) and `?`; case is ignored, as the Hub ignores it."""
    return _pattern(pattern).match(text.casefold()) is not None


def glob_any(patterns: Iterable[str], texts: Iterable[str | None]) -> str | None:
    """Return the first pattern that matches any of the texts."""
    wanted = tuple(patterns)
    if not wanted:
        return None
    # One pass decides for the many names that match nothing.
    matched = [name for name in texts if name and _patterns(wanted).match(name.casefold())]
    return next((pattern for pattern in wanted for name in matched if glob(pattern, name)), None)


@lru_cache(maxsize=8192)
def words(name: str) -> str:
    """A name as lower-case words between single spaces, ` deepseek ai `: for comparing names of organisations."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " " + " ".join(re.findall(r"[^\W_]+", folded)) + " "
