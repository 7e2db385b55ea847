"""The licence of a Hub model as a fact, from its record."""

from __future__ import annotations

from aicheck.core.component import License, unseen
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Fact, GapReason, Known
from aicheck.knowledge.licenses import license_for
from aicheck.knowledge.model_licenses import known_license
from aicheck.resolve.records import RepoRecord

__all__ = ["declared_license"]


def declared_license(repo_id: str, record: RepoRecord | None) -> Fact[License]:
    """Return what the repository itself declares; `Disputed` where its card and its tag differ."""
    subject = f"hf:{repo_id}"
    namespace = repo_id.partition("/")[0] if "/" in repo_id else None
    if record is None or (record.license_id is None and record.license_name is None):
        known = known_license(record.id if record is not None else repo_id)
        if known is not None:
            claim = Claim(
                known.license, ClaimSource.REGISTRY, known.confidence, known.locator, known.license.verified
            )
            return Known(known.license, (claim,))
        return unseen(subject, "license", GapReason.NOT_STATED, "no source states a licence")
    found = license_for(record.license_id, record.license_name, record.license_link, namespace, record.id)
    if found is None:
        stated = record.license_name or record.license_id
        return unseen(subject, "license", GapReason.UNKNOWN_NAME, f"aicheck does not know the licence {stated!r}")
    confidence = 0.8 if record.license_source is ClaimSource.REGISTRY else 1.0
    claim = Claim(found, record.license_source, confidence, record.locator, record.seen)
    if record.license_conflict:
        other = license_for(record.license_conflict, None, None, namespace, record.id)
        if other is not None and other.expression != found.expression:
            return Disputed((claim, Claim(other, ClaimSource.TAG, 1.0, f"tag license:{record.license_conflict}")))
    return Known(found, (claim,))
