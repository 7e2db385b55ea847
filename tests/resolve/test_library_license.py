"""The licence that metadata states for a library is a claim with its place; two that differ are disputed."""

from __future__ import annotations

from aicheck.core.evidence import Disputed, Known, Unseen
from aicheck.core.reference import Inventory, Occurrence, Reference, Use
from aicheck.core.target import Library
from aicheck.resolve import open_sources, resolve


def license_of(*stated: str | None) -> object:
    references = tuple(
        Reference(
            Library("pkg:pypi/vllm@0.6.3"),
            Occurrence(f"{number}/METADATA", 1, 1, 1, "vllm", "installed", "dependencies-installed", Use.PRESENT),
            0.99,
            (("license", text),) if text else (),
        )
        for number, text in enumerate(stated)
    )
    (component,) = resolve(Inventory(".", references, ()), open_sources(offline=True, today="2026-11-23"))
    return component.license


def test_stated_licences_are_claims() -> None:
    known = license_of("Apache-2.0", None, "Apache-2.0")
    assert isinstance(known, Known)
    assert known.value.expression == "Apache-2.0"
    assert [claim.locator for claim in known.claims] == ["0/METADATA", "2/METADATA"]
    assert isinstance(license_of("Apache-2.0", "MIT"), Disputed)
    assert isinstance(license_of(None), Unseen)
    assert isinstance(license_of("see the file"), Unseen)
