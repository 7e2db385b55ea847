"""The closed set of rules, one line each."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from aicheck.evaluate.rule import Rule
from aicheck.evaluate.rules import (
    data_age,
    dependency_denied,
    dependency_license,
    documentation_present,
    license_allowed,
    license_consistent,
    license_obligations,
    lineage_declared,
    lineage_known,
    model_allowed,
    model_available,
    model_denied,
    origin_allowed,
    provider_allowed,
    publisher_authentic,
    reference_resolvable,
    remote_code_refused,
    revision_pinned,
    tool_server_allowed,
    weights_safe,
    weights_verified,
)

__all__ = ["RULES", "page"]

RULES: Final[dict[str, Rule]] = {
    module.RULE.id: module.RULE
    for module in (
        data_age,
        dependency_denied,
        dependency_license,
        documentation_present,
        license_allowed,
        license_consistent,
        license_obligations,
        lineage_declared,
        lineage_known,
        model_allowed,
        model_available,
        model_denied,
        origin_allowed,
        provider_allowed,
        publisher_authentic,
        reference_resolvable,
        remote_code_refused,
        revision_pinned,
        tool_server_allowed,
        weights_safe,
        weights_verified,
    )
}


def page(rule: str) -> str | None:
    """Return the page of a rule (Markdown), by its id or the key of one of its uses (`origin-allowed/tier-2`)."""
    name = rule.partition("/")[0]
    if name not in RULES:
        return None
    return files("aicheck.evaluate.rules").joinpath(f"{name}.md").read_text(encoding="utf-8")
