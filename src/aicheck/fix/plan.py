"""Which places are edited; and the proof: the result parses, names the same models, and its pins are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aicheck.core.component import Component
from aicheck.core.evidence import ClaimSource, Known, claims_of
from aicheck.core.reference import Reference, Use
from aicheck.core.target import HubModel
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree
from aicheck.fix import commands, javascript, urls
from aicheck.fix.edits import Edit, Place, Refused, Text, applied
from aicheck.fix.python import PythonFile, same_but_for
from aicheck.lock.drift import commit_of
from aicheck.resolve.component import is_commit

__all__ = ["FileFix", "Plan", "Wishes", "plan"]

_UNUSED: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT, Use.PRESENT, Use.DEPENDENCY})
_MAX_BYTES: Final = 8 << 20
_OPTIONS: Final = frozenset({"revision", "trust_remote_code", "use_safetensors"})


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


@dataclass(frozen=True, slots=True)
class _Job:
    reference: Reference
    component: Component
    what: str
    commit: str | None = None


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


def _jobs(components: Sequence[Component], wishes: Wishes, refused: list[tuple[Reference, str]]) -> Iterable[_Job]:
    for component in components:
        if not isinstance(component.target, HubModel) or (
            wishes.only and str(component.target) not in wishes.only
        ):
            continue
        for reference in component.references:
            if reference.occurrence.use in _UNUSED or reference.occurrence.detector.startswith("weights"):
                continue
            revision = _revision(reference)
            if wishes.pins and not is_commit(revision):
                try:
                    yield _Job(reference, component, "pin", _commit(component, revision))
                except Refused as reason:
                    refused.append((reference, str(reason)))
            if wishes.remote_code and reference.attribute("trust_remote_code") == "true":
                if _no_code(component):
                    yield _Job(reference, component, "trust_remote_code")
                else:
                    refused.append((reference, "the model holds code, or it is not known that it holds none"))
            if wishes.safetensors and (lacking := _safetensors(component)) is not None:
                if lacking:
                    refused.append((reference, lacking))
                elif reference.attribute("use_safetensors") is None and _loads_weights(reference):
                    yield _Job(reference, component, "use_safetensors")


def _revision(reference: Reference) -> str | None:
    own = reference.target.revision if isinstance(reference.target, HubModel) else None
    return reference.attribute("revision") or own


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


# -- editing -------------------------------------------------------------------------------------------------


class _Open:
    """One file with its edits by job."""

    def __init__(self, path: str, data: bytes) -> None:
        try:
            self.text = Text(path, data.decode("utf-8"))
        except UnicodeDecodeError:
            raise Refused("the file is not UTF-8") from None
        self._python: PythonFile | None = None
        self.beside: dict[str, bytes] = {}
        """Files whose constants this one reads: discovery follows them, so the proof needs them."""
        self.edits: dict[int, tuple[_Job, list[Edit]]] = {}

    def edit(self, job: _Job) -> None:
        """Work out the edits of one job. Raises `Refused`."""
        place = self._place(job)
        detector = job.reference.occurrence.detector
        path = job.reference.occurrence.path
        if path.endswith(".ipynb"):
            raise Refused("notebooks are not edited: the cell would no longer match its output")
        if job.what == "pin" and place.raw.startswith(("http://", "https://")):
            found = urls.pins(self.text, place)
        elif detector == "python":
            found = self._edit_python(job, place)
        elif job.what != "pin":
            raise Refused("only calls in Python are edited")
        elif detector == "javascript":
            found = javascript.pins(self.text, place)
        elif detector in {"shell", "yaml", "json", "infrastructure", "text"}:
            found = commands.pins(self.text, place)
        else:
            raise Refused(f"no edit is known for {detector}")
        self.edits[len(self.edits)] = (job, found)

    def _edit_python(self, job: _Job, place: Place) -> list[Edit]:
        if self._python is None:
            self._python = PythonFile(self.text)
        if job.what == "trust_remote_code":
            return self._python.without(place, job.what)
        if job.what == "use_safetensors":
            return self._python.with_option(place, job.what)
        return self._python.pins(place)

    def _place(self, job: _Job) -> Place:
        where = job.reference.occurrence
        start = self.text.offset(where.line, where.column)
        length = where.end - where.column
        held = self.text.text[start : start + length]
        if held != where.raw[: len(held)] or len(held) != length or not held:
            raise Refused("the place does not hold the name as it is")
        return Place(start, start + length, held, job.commit or "", _revision(job.reference), where.symbol)

    def result(self) -> str:
        """The text with all edits. Raises `Refused` where they overlap."""
        return applied(self.text.text, [edit for _, edits in self.edits.values() for edit in edits])


Seen = tuple[Counter[str], dict[tuple[str, str], list[str | None]]]


def _names(held: _Open, text: str, settings: DiscoverSettings) -> Seen:
    """What discovery sees in one file: targets with counts, and the revisions at which each is asked for."""
    path = held.text.path
    found = discover(MemoryTree({**held.beside, path: text.encode("utf-8")}, name=path), settings)
    targets: Counter[str] = Counter()
    revisions: dict[tuple[str, str], list[str | None]] = {}
    for reference in found.references:
        targets[str(reference.target)] += 1
        key = (str(reference.target), reference.occurrence.symbol)
        revisions.setdefault(key, []).append(_revision(reference))
    return targets, revisions


def _proof(held: _Open, settings: DiscoverSettings) -> str | None:
    """Say what is wrong with the result; None where it is what was meant."""
    path, before = held.text.path, held.text.text
    try:
        after = held.result()
    except Refused as reason:
        return str(reason)
    if path.endswith((".py", ".pyi")) and not same_but_for(before, _without_urls(held, after), _OPTIONS):
        return "the result would not be the same program"
    if not _parses(path, after):
        return "the result would not parse"
    old, _ = _names(held, before, settings)
    new, revisions = _names(held, after, settings)
    if old != new:
        return "the result would name other models"
    pinned: Counter[tuple[str, str]] = Counter()
    for job, _ in held.edits.values():
        if job.what == "pin":
            key = (str(job.reference.target), job.reference.occurrence.symbol)
            pinned[key] += 1
            if revisions.get(key, []).count(job.commit) < pinned[key]:
                return "the next scan would not find the pin"
    return None


def _without_urls(held: _Open, after: str) -> str:
    """The result with pinned addresses as they were: they are the one change inside a string."""
    for job, edits in held.edits.values():
        raw = job.reference.occurrence.raw
        if edits and raw.startswith(("http://", "https://")) and job.commit:
            branch = _revision(job.reference) or "main"
            for word in ("resolve", "raw", "blob", "tree"):
                after = after.replace(f"/{word}/{job.commit}", f"/{word}/{branch}")
    return after


def _parses(path: str, text: str) -> bool:
    loaders: dict[str, Any] = {}
    if path.endswith(".json"):
        import json  # noqa: PLC0415 - one kind of file each

        loaders[".json"] = json.loads
    elif path.endswith((".yaml", ".yml")) and "{{" not in text:
        import yaml  # noqa: PLC0415 - one kind of file each

        loaders[".yaml"] = lambda content: list(yaml.compose_all(content, Loader=yaml.SafeLoader))
    try:
        for load in loaders.values():
            load(text)
    except (ValueError, ImportError):
        return False
    except Exception as error:  # noqa: BLE001 - every class of YAML error means the same here
        return "yaml" not in type(error).__module__
    return True


def plan(
    root: Path, components: Sequence[Component], wishes: Wishes, settings: DiscoverSettings | None = None
) -> Plan:
    """Work out all edits for the files below `root`; nothing is written."""
    settings = settings or DiscoverSettings()
    result = Plan()
    jobs: dict[str, list[_Job]] = {}
    for job in _jobs(components, wishes, result.refused):
        jobs.setdefault(job.reference.occurrence.path, []).append(job)
    for path in sorted(jobs):
        _fix_file(root, path, jobs[path], settings, result)
    result.refused.sort(key=lambda pair: (pair[0].occurrence.path, pair[0].occurrence.line, pair[1]))
    return result


def _fix_file(root: Path, path: str, jobs: Sequence[_Job], settings: DiscoverSettings, result: Plan) -> None:
    def refuse(job: _Job, reason: str) -> None:
        result.refused.append((job.reference, reason))

    try:
        held = _Open(path, _read(root, path))
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
    problem = _proof(held, settings)
    if problem is not None:
        # One bad edit must not take the good ones with it: each is tried by itself, on top of those that hold.
        every, held.edits = held.edits, {}
        for number, (job, edits) in every.items():
            held.edits[number] = (job, edits)
            problem = _proof(held, settings)
            if problem is not None:
                del held.edits[number]
                refuse(job, problem)
    if held.edits:
        result.files.append(FileFix(path, held.text.text, held.result()))
        result.done += [(job.reference, _what(job)) for job, _ in held.edits.values()]


def _what(job: _Job) -> str:
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
