"""The licence of a Hub model as a fact, from its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aicheck.core.component import License, unseen
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Fact, GapReason, Known, Unseen
from aicheck.knowledge.licenses import by_id, license_for
from aicheck.knowledge.model_licenses import known_license
from aicheck.resolve.base_text import read_base
from aicheck.resolve.records import RepoRecord, is_repo_id

__all__ = ["declared_license", "with_text"]

_BESIDE = 0.9
"""Trust in that a licence text in a model's folder is the model's."""


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
        pointed = _pointed_at(record)
        if pointed is not None:
            return pointed
        stated = record.license_name or record.license_id
        return unseen(subject, "license", GapReason.UNKNOWN_NAME, f"aicheck does not know the licence {stated!r}")
    confidence = 0.8 if record.license_source is ClaimSource.REGISTRY else 1.0
    claim = Claim(found, record.license_source, confidence, record.locator, record.seen)
    if record.license_conflict:
        other = license_for(record.license_conflict, None, None, namespace, record.id)
        if other is not None and other.expression != found.expression:
            return Disputed((claim, Claim(other, ClaimSource.TAG, 1.0, f"tag license:{record.license_conflict}")))
    return Known(found, (claim,))


def _pointed_at(record: RepoRecord) -> Known[License] | None:
    """Return the terms of the model whose own licence file the card links to, where those are on record."""
    if not record.license_link or "://" not in record.license_link:
        return None
    model = read_base(record.license_link) or ""
    known = known_license(model) if is_repo_id(model) and model.lower() != record.id.lower() else None
    if known is None:
        return None
    note = f"the card links to the licence of {model}"
    confidence = min(known.confidence, 0.9)
    return Known(
        known.license,
        (Claim(known.license, record.license_source, confidence, record.locator, record.seen, note),),
    )


def with_text(declared: Fact[License], said: Mapping[str, str]) -> Fact[License]:
    """Add what the licence text beside local weights is; a text that contradicts what is stated makes a dispute.

    `said` are the attributes that discovery gave the file: `license_text`, `license_text_file`,
    `license_text_match`.
    """
    text, file = said.get("license_text"), said.get("license_text_file", "")
    if not text or isinstance(declared, Disputed):
        return declared
    found = by_id(text) if text != "unknown" else None
    if found is None:
        if isinstance(declared, Unseen):
            detail = f"{declared.gap.detail}; the text in {file} is none that aicheck knows"
            return Unseen(replace(declared.gap, detail=detail))
        return declared
    certainty = min(1.0, float(said.get("license_text_match") or 1))
    claim = Claim(found, ClaimSource.FILE_LIST, _BESIDE * certainty, file, None, "the text of the licence file")
    if not isinstance(declared, Known):
        return Known(found, (claim,))
    if declared.value.expression == found.expression:
        return Known(declared.value, (*declared.claims, claim))
    return Disputed((*declared.claims, claim))
