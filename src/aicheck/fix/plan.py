"""Which places are edited, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import ClaimSource, Known, claims_of
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HubDataset, HubModel
from aicheck.discover import DiscoverSettings
from aicheck.fix.edits import Refused
from aicheck.fix.proof import Job, OpenFile, proof, revision_of
from aicheck.lock.drift import commit_of
from aicheck.resolve.component import is_commit

__all__ = ["FileFix", "Plan", "Wishes", "plan"]

_UNUSED: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT, Use.PRESENT, Use.DEPENDENCY})
_MAX_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to be fixed."""

    pins: bool = True
    remote_code: bool = False
    """Take out `trust_remote_code=True` where the model holds no code."""
    safetensors: bool = False
    """Ask for safetensors where the model has them beside pickles."""
    only: frozenset[str] = frozenset()
    """Canonical spellings; empty = all."""


@dataclass(frozen=True, slots=True)
class FileFix:
    """One file, before and after."""

    path: str
    before: str
    after: str


@dataclass
class Plan:
    """The outcome."""

    files: list[FileFix] = field(default_factory=list)
    done: list[tuple[Reference, str]] = field(default_factory=list)
    """(reference, what was done there)."""
    refused: list[tuple[Reference, str]] = field(default_factory=list)
    """(reference, why nothing was done there)."""


def _commit(component: Component, revision: str | None) -> str:
    """The commit to pin. Raises `Refused` where the sources do not name the one that the code gets now."""
    commit = commit_of(component)
    if commit is None or not is_commit(commit):
        raise Refused("its commit is not known: run 'aicheck lock' with network access")
    if revision not in {None, "", "main"}:
        claims = [claim for claim in claims_of(component.revision.commit) if claim.source is not ClaimSource.CODE]
        asked = component.revision.requested == (revision,)
        if not asked or not claims or claims[0].confidence < 1.0:
            raise Refused(f"the commit of '{revision}' is not known: run 'aicheck lock' with network access")
    return commit


def _jobs(components: Sequence[Component], wishes: Wishes, refused: list[tuple[Reference, str]]) -> Iterable[Job]:
    for component in components:
        if not isinstance(component.target, HubModel | HubDataset) or (
            wishes.only and str(component.target) not in wishes.only
        ):
            continue
        for reference in component.references:
            if reference.occurrence.use in _UNUSED or reference.occurrence.detector.startswith("weights"):
                continue
            revision = revision_of(reference)
            if wishes.pins and not is_commit(revision):
                try:
                    yield Job(reference, component, "pin", _commit(component, revision))
                except Refused as reason:
                    refused.append((reference, str(reason)))
            if wishes.remote_code and reference.attribute("trust_remote_code") == "true":
                if _no_code(component):
                    yield Job(reference, component, "trust_remote_code")
                else:
                    refused.append((reference, "the model holds code, or it is not known that it holds none"))
            if wishes.safetensors and (lacking := _safetensors(component)) is not None:
                if lacking:
                    refused.append((reference, lacking))
                elif reference.attribute("use_safetensors") is None and _loads_weights(reference):
                    yield Job(reference, component, "use_safetensors")


def _no_code(component: Component) -> bool:
    if not isinstance(component.weights, Known):
        return False
    weights = component.weights.value
    return weights.auto_map is False and not weights.remote_code and bool(weights.files)


def _safetensors(component: Component) -> str | None:
    """'' where safetensors lie beside pickles, a reason where there are only pickles, None where all is well."""
    if not isinstance(component.weights, Known):
        return None
    formats = {each.id: each.safety.value for each in component.weights.value.formats}
    if "executable" not in formats.values():
        return None
    if "safetensors" in formats:
        return ""
    return "the repository holds no safetensors file: take a model or a revision that does, or convert it"


def _loads_weights(reference: Reference) -> bool:
    symbol = reference.occurrence.symbol
    auxiliary = ("Tokenizer", "Processor", "Config", "FeatureExtractor")
    return symbol.endswith(".from_pretrained") and not any(word in symbol for word in auxiliary)


def plan(
    root: Path, components: Sequence[Component], wishes: Wishes, settings: DiscoverSettings | None = None
) -> Plan:
    """Work out all edits for the files below `root`; nothing is written."""
    settings = settings or DiscoverSettings()
    result = Plan()
    jobs: dict[str, list[Job]] = {}
    for job in _jobs(components, wishes, result.refused):
        jobs.setdefault(job.reference.occurrence.path, []).append(job)
    for path in sorted(jobs):
        _fix_file(root, path, jobs[path], settings, result)
    result.refused.sort(key=lambda pair: (pair[0].occurrence.path, pair[0].occurrence.line, pair[1]))
    return result


def _fix_file(root: Path, path: str, jobs: Sequence[Job], settings: DiscoverSettings, result: Plan) -> None:
    def refuse(job: Job, reason: str) -> None:
        result.refused.append((job.reference, reason))

    try:
        held = OpenFile(path, _read(root, path))
    except Refused as reason:
        for job in jobs:
            refuse(job, str(reason))
        return
    for job in jobs:
        via = (job.reference.attribute("via") or "").rpartition(":")[0]
        if via and via != path:
            with suppress(Refused):
                held.beside[via] = _read(root, via)
        try:
            held.edit(job)
        except Refused as reason:
            refuse(job, str(reason))
    held.edits = {number: (job, edits) for number, (job, edits) in held.edits.items() if edits}
    if not held.edits:
        return
    problem = proof(held, settings)
    if problem is not None:
        # One bad edit must not take the good ones with it: each is tried by itself, on top of those that hold.
        every, held.edits = held.edits, {}
        for number, (job, edits) in every.items():
            held.edits[number] = (job, edits)
            problem = proof(held, settings)
            if problem is not None:
                del held.edits[number]
                refuse(job, problem)
    if held.edits:
        result.files.append(FileFix(path, held.text.text, held.result()))
        result.done += [(job.reference, _what(job)) for job, _ in held.edits.values()]


def _what(job: Job) -> str:
    return (
        f"pinned to {job.commit}"
        if job.what == "pin"
        else {
            "trust_remote_code": "trust_remote_code taken out: the model holds no code",
            "use_safetensors": "use_safetensors=True added",
        }[job.what]
    )


def _read(root: Path, path: str) -> bytes:
    file = root / path
    try:
        if not file.resolve().is_relative_to(root.resolve()) or file.is_symlink():
            raise Refused("the file lies outside the project")
        if file.stat().st_size > _MAX_BYTES:
            raise Refused("the file is too large")
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"the file cannot be read: {error.strerror or error}") from None
