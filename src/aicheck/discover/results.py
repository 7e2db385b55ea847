"""What becomes of detections: tests and documentation told apart, duplicates joined, excerpts, secrets masked."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Occurrence, Reference, Use, reference_key
from aicheck.core.target import HostedModel, Kind, Unresolvable, kind_of
from aicheck.discover.providers import one_slug
from aicheck.discover.source import SourceFile

__all__ = [
    "as_reported",
    "excerpt",
    "finished",
    "gap_as_reported",
    "is_test_path",
    "mask_secrets",
    "merge_gaps",
    "merge_references",
    "unbound",
    "unbound_gaps",
]

_TEST_PATH: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|__mocks__|spec|specs|e2e|fixtures|testdata|test-[\w-]+)/"
    r"|(?:^|/)(?:test_[^/]*\.(?:py|ipynb|sh)|[^/]*_tests?\.(?:py|go|rs|cc|cpp|dart|ex|exs)|conftest\.py"
    r"|[^/]*\.(?:test|spec|e2e)\.[cm]?[jt]sx?|[^/]*Tests?\.(?:java|kt|cs|swift))\Z",
    re.ASCII,
)
_TESTED: Final = frozenset({Use.LOAD, Use.CONFIG, Use.DEFAULT, Use.CHOICE})
_UNREPORTED: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT})
_SECRETS: Final = re.compile(
    r"\b(?:sk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|gsk_[A-Za-z0-9]{20,}|A(?:KI|SI)A[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|x(?:ox[abprs]|app)-[\w-]{10,}|sk_live_\w{16,}|nvapi-[\w-]{20,}"
    r"|r8_[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|glpat-[\w-]{16,})"
    r"|(?<=://)(?:[^/\s:@]{1,64}:[^/\s@]{1,128}|[\w.%+-]{16,256})(?=@)"
    r"|(?i:(?<=[?&]token=)|(?<=[?&]key=)|(?<=[?&]sig=)|(?<=api_key=)|(?<=[?&]access_token=))[^&\s\"']{6,}"
)
_ASSIGNED: Final = re.compile(
    r"""(?ix)((?:(?:api|access|account|openai|azure|private|shared)[_-]?key|token|secret|password|passwd|credential)
    s?["']?[ \t]{0,8}[:=][ \t]{0,8}["']?)([^"'\s,;&)}\]]{12,})"""
)
_LOOKED_UP: Final = re.compile(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+[\[(]")
_BEARER: Final = re.compile(r"(?i)(\bbearer[ \t]{1,4})[\w.+/=~-]{12,}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z][\w.-]{0,95}\Z")
_KEY_LENGTH: Final = 40
"""Of the secret access keys of AWS, which may hold a slash as repository ids do."""
_MAX_EXCERPT: Final = 400
_SHORTEST: Final = 10
"""Characters up to which a value holds no secret that would be known as one."""
_MAX_RAW: Final = 500
_OVERLAPPING: Final = frozenset(
    {Kind.MODEL, Kind.DATASET, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL, Kind.WEIGHTS, Kind.ADAPTER}
)


def is_test_path(path: str) -> bool:
    """Tell by its path whether a file holds tests."""
    return _TEST_PATH.search(path) is not None


def mask_secrets(text: str) -> str:
    """Replace what looks like a key, token or password by `***`, keeping the first characters of keys."""
    if "=" in text or ":" in text:
        text = _ASSIGNED.sub(_masked_value, _BEARER.sub(r"\1***", text))
    return _SECRETS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    text = found.group()
    if _LOOKED_UP.match(text):
        return text  # a call or an index: no key stands here
    return text[:3] + "***" if text[:3] in {"sk-", "hf_", "gsk", "AKI", "ghp"} else "***"


def _masked_value(found: re.Match[str]) -> str:
    value = found.group(2)
    if value.startswith(("$", "{", "<", "%", "os.")) or "(" in value or "[" in value or "***" in value:
        return found.group()  # a template, a call, a special token of a tokenizer
    if _REPOSITORY.match(value) and len(value) != _KEY_LENGTH:
        return found.group()
    quoted = found.group(1).endswith(('"', "'"))
    if value.isupper() or not (quoted or any(map(str.isdigit, value))):
        return found.group()  # the name of a variable or of an attribute
    return f"{found.group(1)}***"


def finished(
    source: SourceFile, references: list[Reference], *, include_docs: bool
) -> tuple[list[Reference], list[tuple[str, int, str]]]:
    """Return one file's references as they are reported, and the excerpts of their lines."""
    kept: list[Reference] = []
    for reference in references:
        if reference.occurrence.use in _UNREPORTED and not include_docs:
            continue
        kept.append(as_reported(reference))
    kept = _without_labels(merge_references(kept))
    excerpts: dict[int, str] = {}
    for reference in kept:
        line = reference.occurrence.line
        if line not in excerpts and line >= 1:
            excerpts[line] = _excerpt(source, reference.occurrence)
    return kept, [(source.path, line, text) for line, text in sorted(excerpts.items())]


def _without_labels(references: list[Reference]) -> list[Reference]:
    """Leave out what people read beside the name that is sent: `("GPT-4o", "gpt-4o")`."""
    sent = {
        (one.occurrence.line, one.target.name)
        for one in references
        if isinstance(one.target, HostedModel) and one.target.name.islower()
    }
    if not sent:
        return references
    return [
        one
        for one in references
        if not isinstance(one.target, HostedModel)
        or one.target.name.islower()
        or (one.occurrence.line, one.target.name.lower()) not in sent
    ]


def as_reported(reference: Reference) -> Reference:
    """Return a reference with tests marked as tests, its provider spelt in one way and secrets masked."""
    place = reference.occurrence
    target = reference.target
    if isinstance(target, HostedModel) and target.provider:
        slug = one_slug(target.provider)
        if slug != target.provider:
            reference = replace(reference, target=replace(target, provider=slug))
    if place.use in _TESTED and is_test_path(place.path):
        place = replace(place, use=Use.TEST)
    raw = mask_secrets(place.raw[:_MAX_RAW])
    if raw != place.raw:
        place = replace(place, raw=raw)
    symbol = _masked_value_of(place.symbol)
    if symbol != place.symbol:
        place = replace(place, symbol=symbol)
    target = reference.target
    if isinstance(target, Unresolvable) and (text := mask_secrets(target.expression)) != target.expression:
        target = replace(target, expression=text)
    attributes = reference.attributes
    if any(_masked_value_of(value) != value for _, value in attributes):
        attributes = tuple((name, _masked_value_of(value)) for name, value in attributes)
    if place is reference.occurrence and target is reference.target and attributes is reference.attributes:
        return reference
    return replace(reference, target=target, occurrence=place, attributes=attributes)


@lru_cache(maxsize=4096)
def _masked_value_of(value: str) -> str:
    """Mask the secrets in an attribute, which is a word mostly, and the same word in many references."""
    return mask_secrets(value) if len(value) > _SHORTEST else value


def gap_as_reported(gap: Gap) -> Gap:
    """Return a gap with secrets masked: expressions and lines of what cannot be parsed stand in it."""
    subject, detail = mask_secrets(gap.subject), mask_secrets(gap.detail)
    if subject == gap.subject and detail == gap.detail:
        return gap
    return replace(gap, subject=gap.subject if gap.subject == gap.path else subject, detail=detail)


def excerpt(source: SourceFile, place: Occurrence) -> list[str]:
    """Return the text of the line that a place stands on, secrets masked; empty where there is none."""
    text = _excerpt(source, place)
    return [text] if text else []


def _excerpt(source: SourceFile, place: Occurrence) -> str:
    if b"\0" in source.data[:1024]:
        return ""
    try:
        text = source.line_text(place.line)
    except IndexError:
        return ""
    if len(text) > _MAX_EXCERPT:
        # A long line is shown around the reference; minified bundles are one line.
        start = max(0, place.column - 1 - _MAX_EXCERPT // 2)
        text = text[start : start + _MAX_EXCERPT]
        # A cut may leave the rest of a key without what tells it: words that the cut divides are left out.
        if start:
            text = re.sub(r"\A[\w+/=.\-]{8,}", "***", text)
        text = re.sub(r"[\w+/=.\-]{24,}\Z", "***", text)
    return mask_secrets(text)[:_MAX_EXCERPT]


def merge_references(references: Iterable[Reference]) -> list[Reference]:
    """Join sightings of the same place: the more confident one wins, and a bound one over an unbound one."""
    lines: dict[tuple[str, int], list[Reference]] = {}
    for reference in references:
        lines.setdefault((reference.occurrence.path, reference.occurrence.line), []).append(reference)
    kept: list[Reference] = []
    for group in lines.values():
        if len(group) == 1:
            kept.extend(group)
            continue
        group.sort(key=_preference)
        chosen = _Chosen()
        kept.extend(reference for reference in group if chosen.add(reference))
    kept.sort(key=reference_key)
    return kept


def _preference(reference: Reference) -> tuple[bool, float, int, tuple[str, int, int, str, str]]:
    unbound = isinstance(reference.target, HostedModel) and reference.target.provider is None
    return (unbound, -reference.confidence, -len(reference.attributes), reference_key(reference))


class _Spans:
    """Spans that do not overlap each other, in order: a minified line holds tens of thousands."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def taken(self, start: int, end: int) -> bool:
        """Tell whether [start, end) overlaps one of them, or begins where one begins."""
        index = bisect_left(self._starts, start)
        if index < len(self._starts) and (self._starts[index] == start or self._starts[index] < end):
            return True
        return index > 0 and self._ends[index - 1] > start

    def add(self, start: int, end: int) -> None:
        index = bisect_left(self._starts, start)
        self._starts.insert(index, start)
        self._ends.insert(index, end)


class _Chosen:
    """The sightings of one line that stand; the more preferred are offered first."""

    def __init__(self) -> None:
        self._detectors: dict[str, str] = {}
        self._own: dict[str, _Spans] = {}
        self._any = _Spans()
        self._composed: set[tuple[int, int, str]] = set()

    def add(self, reference: Reference) -> bool:
        """Take a sighting, or tell that a better one says the same.

        The same target is the same sighting where the places meet, or where another detector saw it. Of
        different ones, those that are names of models exclude each other where the places overlap.
        """
        place, target = reference.occurrence, str(reference.target)
        seen_by = self._detectors.get(target)
        if seen_by is not None and (seen_by != place.detector or self._own[target].taken(place.column, place.end)):
            return False
        names = kind_of(reference.target) in _OVERLAPPING
        if names and place.end > place.column:
            # One expression may be several names: `f"acme/thing-{size}"`.
            composed = (place.column, place.end, place.detector) if place.raw not in target else None
            if self._any.taken(place.column, place.end):
                if composed is None or composed not in self._composed:
                    return False
            else:
                self._any.add(place.column, place.end)
            if composed is not None:
                self._composed.add(composed)
        self._detectors[target] = place.detector
        self._own.setdefault(target, _Spans()).add(place.column, place.end)
        return True


def unbound(reference: Reference) -> Gap | None:
    """Return the gap that an API's model leaves whose provider the code does not tell, or None."""
    target, place = reference.target, reference.occurrence
    if not isinstance(target, HostedModel) or target.provider is not None or place.use in _UNREPORTED:
        return None
    detail = f"{target.name} is named here, and no client, address or key tells whose API serves it"
    if target.host:
        detail = f"{target.name} is called at {target.host}, which is not a known provider"
    return Gap(str(target), GapReason.UNBOUND, detail, place.path, place.line, place.column)


def unbound_gaps(references: Iterable[Reference]) -> list[Gap]:
    """Return what stays unbound, once for each file and name: the first place, and how often it is named."""
    first: dict[tuple[str, str], Gap] = {}
    count: dict[tuple[str, str], int] = {}
    for reference in references:
        gap = unbound(reference)
        if gap is not None:
            key = (gap.path or "", gap.subject)
            first.setdefault(key, gap)
            count[key] = count.get(key, 0) + 1
    return [
        gap if count[key] == 1 else replace(gap, detail=f"{gap.detail} ({count[key]} places in this file)")
        for key, gap in first.items()
    ]


def merge_gaps(gaps: Iterable[Gap]) -> list[Gap]:
    """Return the gaps sorted by place, without duplicates, each unparsable file once."""
    broken: set[str] = set()
    kept: list[Gap] = []
    for gap in gaps:
        # Two detectors that stumble over one file say it once.
        if gap.reason is GapReason.UNPARSABLE and gap.line is None and gap.path is not None:
            if gap.path in broken:
                continue
            broken.add(gap.path)
        kept.append(gap)
    return sorted(
        set(kept),
        key=lambda gap: (
            gap.path or "",
            gap.line or 0,
            gap.column or 0,
            gap.subject,
            gap.reason.value,
            gap.detail,
        ),
    )
