from __future__ import annotations

import re
from pathlib import Path

from aicheck.report import FORMATS
from aicheck.report.cyclonedx import bom_dict
from tests.report.samples import hostile_report, sample_report

DOCS = Path(__file__).parents[2] / "docs"


def _names(value) -> set[str]:
    if isinstance(value, dict):
        own = {value["name"]} if isinstance(value.get("name"), str) and set(value) == {"name", "value"} else set()
        return own.union(*(_names(item) for item in value.values()))
    return set().union(*(_names(item) for item in value)) if isinstance(value, list) else set()


def test_every_property_is_documented() -> None:
    text = (DOCS / "properties.md").read_text()
    for name in sorted(_names(bom_dict(sample_report())) | _names(bom_dict(hostile_report("x")))):
        short = re.sub(r"^aicheck:(publisher|developer)", "…", name)
        assert f"`{short}`" in text or f"`{name}`" in text, name


def test_every_format_is_documented() -> None:
    text = (DOCS / "formats.md").read_text()
    for name in FORMATS:
        assert f"`{name}`" in text
