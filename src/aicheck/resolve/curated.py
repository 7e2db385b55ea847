"""Whether aicheck's own tables speak of one very model, as opposed to its namespace or its family."""

from __future__ import annotations

from aicheck.knowledge.families import base_model
from aicheck.knowledge.lineage import known_edges
from aicheck.knowledge.model_licenses import known_license

__all__ = ["is_on_record"]


def is_on_record(repo_id: str) -> bool:
    """Tell whether a curated row names this id: its lineage, its family or its terms.

    A pattern (`owner/Name-*`) is none: it fits names that do not exist as well.
    """
    if known_edges(repo_id) or base_model(repo_id) is not None:
        return True
    terms = known_license(repo_id)
    return terms is not None and terms.locator.lower() == f"model-licenses:{repo_id.lower()}"
