"""How things are known: claims, facts made of claims, and gaps.

A fact is *known* (one or more agreeing claims), *stated absent*, *could not look* (a gap), or *disputed*
(claims that contradict each other). Code that reads a fact answers for all four; `assert_never` holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from aicheck.core.frozen import dataclass

__all__ = [
    "Absent",
    "Claim",
    "ClaimSource",
    "Disputed",
    "Fact",
    "Gap",
    "GapReason",
    "Known",
    "Unseen",
    "claims_of",
    "fact_from",
    "value_of",
]

T = TypeVar("T")


class ClaimSource(StrEnum):
    """Where a claim comes from, most direct first."""

    CARD = "card"
    """The model card's YAML front matter or text."""
    TAG = "tag"
    """A tag the Hub computed or the author set."""
    CONFIG = "config"
    """config.json, adapter_config.json, generation or tokenizer configuration."""
    WEIGHTS_HEADER = "weights-header"
    """The header of a safetensors, GGUF or other weights file."""
    FILE_LIST = "file-list"
    """Names, sizes and hashes of a repository's files."""
    HUB = "hub"
    """Any other field of the Hub's answer (commit, gating, dates, scan status)."""
    REGISTRY = "registry"
    """A row of aicheck's own knowledge, each with its source and date."""
    CODE = "code"
    """The scanned code or configuration itself."""
    NAME = "name"
    """Read off a name (namespace, file name, suffix)."""
    INFERENCE = "inference"
    """Derived by aicheck from other facts; never hides that it is inferred."""


class GapReason(StrEnum):
    """Why something was not seen."""

    UNREADABLE = "unreadable"
    UNPARSABLE = "unparsable"
    TOO_LARGE = "too-large"
    TOO_DEEP = "too-deep"
    DYNAMIC = "dynamic"
    UNBOUND = "unbound"
    """A hosted model whose provider could not be told."""
    NOT_FOUND = "not-found"
    """The Hub says that there is no such (public) repository."""
    GATED = "gated"
    DISABLED = "disabled"
    OFFLINE = "offline"
    """Not in the lock or catalog, and the network was not to be used."""
    NOT_LOCKED = "not-locked"
    RATE_LIMITED = "rate-limited"
    UNREACHABLE = "unreachable"
    """Network error, timeout, server error."""
    INVALID_ANSWER = "invalid-answer"
    """The Hub or a file said something that cannot be so."""
    NOT_STATED = "not-stated"
    """We looked, and no source says."""
    UNKNOWN_NAME = "unknown-name"
    """A namespace, host, licence or API name that aicheck's knowledge does not hold."""
    SKIPPED = "skipped"
    """Left out on purpose: a link out of the tree, a submodule that is not checked out, a special file."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was looked for and could not be seen."""

    subject: str
    """What the gap is about: a path, a target's canonical spelling, or `<target>#<fact>`."""
    reason: GapReason
    detail: str = ""
    """One sentence for people, naming what to do where something can be done."""
    path: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Claim(Generic[T]):
    """One statement about a component by one source."""

    value: T
    source: ClaimSource
    confidence: float
    """0.0 to 1.0; what is read off a declaration is 1.0 as a *declaration*, inference is calibrated."""
    locator: str = ""
    """Where exactly: `README.md@<commit>`, `tag base_model:finetune:X`, `origins:Qwen`, a URL."""
    seen: str | None = None
    """ISO date on which the source was read."""
    note: str = ""
    """Reason in a sentence, required for inference."""


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """One or more claims agree; `value` is what they say."""

    value: T
    claims: tuple[Claim[T], ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """A source states that there is none (for example: trained from scratch, no licence)."""

    claims: tuple[Claim[None], ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Could not look, or no source says."""

    gap: Gap


@dataclass(frozen=True, slots=True)
class Disputed(Generic[T]):
    """Claims contradict each other: itself a finding, and never silently one of its sides."""

    claims: tuple[Claim[T], ...]


Fact = Known[T] | Absent | Unseen | Disputed[T]


def fact_from(
    claims: Iterable[Claim[T]],
    *,
    unseen: Gap,
    key: Callable[[T], object] = lambda value: value,
) -> Known[T] | Disputed[T] | Unseen:
    """Combine claims into a fact; claims agree where `key(value)` is equal.

    The most confident claim comes first and gives the value. No claims: `Unseen(unseen)`.
    """
    ordered = tuple(sorted(claims, key=lambda claim: -claim.confidence))
    if not ordered:
        return Unseen(unseen)
    if len({key(claim.value) for claim in ordered}) > 1:
        return Disputed(ordered)
    return Known(ordered[0].value, ordered)


def value_of(fact: Fact[T]) -> T | None:
    """Return the value of a known fact, else None. For display only: rules answer for all four cases."""
    return fact.value if isinstance(fact, Known) else None


def claims_of(fact: Fact[T]) -> tuple[Claim[T], ...]:
    """Return the claims behind a known or disputed fact."""
    return fact.claims if isinstance(fact, Known | Disputed) else ()
