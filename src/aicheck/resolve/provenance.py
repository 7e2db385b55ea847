"""Is this still the repository that was on record, and is its publisher who the Hub says it is?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from aicheck.core.component import Organization, Weights
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Gap, GapReason, Known, Unseen
from aicheck.knowledge.catalog import Catalog
from aicheck.resolve.records import RepoRecord

if TYPE_CHECKING:
    from aicheck.resolve.hub import Overview

__all__ = ["against_record", "made_anew", "with_overview"]

_SLACK_DAYS: Final = 2
"""Lists round the day on which a repository was made."""


def made_anew(record: RepoRecord, catalog: Catalog | None) -> Gap | None:
    """Say that the Hub's repository is younger than one of the same name that was seen before.

    A name that was given up can be taken by anyone: what is on record of the old one says nothing of the new.
    """
    known = catalog.get(record.id) if catalog is not None and record.answered_by == "hub" else None
    if known is None or record.created is None:
        return None
    before = known.seen if known.seen and record.created > known.seen[:10] else None
    if known.created and _days(known.created, record.created) > _SLACK_DAYS:
        before = known.created
    if before is None or len(before) < 10:  # noqa: PLR2004 - a month is no day: it may have been made within it
        return None
    detail = f"made on {record.created}, though a repository of this name is on record since {before}: made anew"
    return Gap(f"hf:{record.id}#created", GapReason.INVALID_ANSWER, detail)


def _days(earlier: str, later: str) -> int:
    try:
        return (date.fromisoformat(later[:10]) - date.fromisoformat(earlier[:10])).days
    except ValueError:
        return 0


def against_record(weights: Fact[Weights], record: RepoRecord, catalog: Catalog | None) -> Fact[Weights]:
    """Dispute a listing whose sha256 differ from those on record for the very same commit.

    A commit fixes the content of its files, so one of the two lies: a mirror, or a cache on the way.
    """
    known = catalog.get(record.id) if catalog is not None and record.answered_by == "hub" else None
    if not isinstance(weights, Known) or known is None or not known.commit or known.commit != record.commit:
        return weights
    recorded = {file.path: file.sha256 for file in known.files if file.sha256}
    wrong = [
        file for file in weights.value.files if file.sha256 and recorded.get(file.path) not in {None, file.sha256}
    ]
    if not wrong:
        return weights
    files = tuple(replace(file, sha256=recorded.get(file.path) or file.sha256) for file in weights.value.files)
    note = f"{wrong[0].path} has another sha256 on record for commit {known.commit[:12]}"
    other = Claim(
        replace(weights.value, files=files), ClaimSource.REGISTRY, 0.9, f"catalog:{known.id}", known.seen, note
    )
    return Disputed((*weights.claims, other))


def with_overview(
    publisher: Fact[Organization], namespace: str | None, overviews: Mapping[str, Overview], seen: str | None
) -> Fact[Organization]:
    """Add what the Hub says of the organisation: its full name, and whether it is verified."""
    overview = overviews.get((namespace or "").lower())
    if overview is None:
        return publisher
    called = f" as {overview.full_name!r}" if overview.full_name else ""
    if overview.verified is None:
        word = f"an organisation on the Hub{called}"
    else:
        word = f"{'verified' if overview.verified else 'not verified'} by the Hub{called}"
    if isinstance(publisher, Known):
        claim = Claim(
            publisher.value, ClaimSource.HUB, 1.0 if overview.verified else 0.5, overview.locator, seen, word
        )
        return replace(publisher, claims=(*publisher.claims, claim))
    if isinstance(publisher, Unseen):
        return Unseen(replace(publisher.gap, detail=f"{publisher.gap.detail}; {word}"))
    assert isinstance(publisher, Disputed | Absent)
    return publisher
