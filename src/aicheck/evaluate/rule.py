"""What a rule is: a value with typed options and a check that answers for one component.

A rule never decides levels, waivers or verdicts. It says *violation* where the facts show one, *unknown* where
a fact that it needs could not be seen or is disputed, and nothing where the facts show that all is well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final, NamedTuple

from aicheck.core.component import Component
from aicheck.core.evidence import Gap
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory, Occurrence, Reference
from aicheck.core.target import Kind

__all__ = [
    "HOSTED_KINDS",
    "MODEL_KINDS",
    "Answer",
    "Because",
    "Context",
    "Option",
    "OptionType",
    "Options",
    "Organisation",
    "Rule",
    "unknown",
    "violation",
]

Because = tuple[tuple[str, str], ...]
"""Evidence lines: ("lineage", "A → B → C (Alibaba Cloud, CN)")."""

MODEL_KINDS: Final = frozenset({Kind.MODEL, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL, Kind.WEIGHTS, Kind.ADAPTER})
"""What has weights and a developer, whoever runs it."""
HOSTED_KINDS: Final = frozenset({Kind.HOSTED_MODEL, Kind.ENDPOINT})


class Answer(NamedTuple):
    """One thing a rule has to say about one component."""

    known: bool
    """True: a violation; False: a fact is missing or disputed, so the rule cannot tell."""
    message: str
    """One sentence, lower-case start, no full stop."""
    option: str = ""
    """The option of the policy that decides: `deny_countries`."""
    because: Because = ()
    places: tuple[Occurrence, ...] | None = None
    """Only these occurrences are meant; None = all to which the rule applies."""
    help: str = ""
    """What to do, where the rule knows better than its page."""


def violation(
    message: str,
    option: str = "",
    because: Because = (),
    places: tuple[Occurrence, ...] | None = None,
    help: str = "",  # noqa: A002 - the field's name
) -> Answer:
    """The facts show that the rule is broken."""
    return Answer(True, message, option, because, places, help)  # noqa: FBT003 - see the fields


def unknown(
    message: str,
    option: str = "",
    because: Because = (),
    places: tuple[Occurrence, ...] | None = None,
    help: str = "",  # noqa: A002 - the field's name
) -> Answer:
    """The rule cannot tell: a fact is missing, incomplete or disputed."""
    return Answer(False, message, option, because, places, help)  # noqa: FBT003 - see the fields


class OptionType(NamedTuple):
    """A type of option: its JSON Schema and how people read it."""

    schema: Mapping[str, Any]
    words: str


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a rule."""

    name: str
    type: OptionType
    summary: str
    default: Any = None


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one use of a rule, defaults filled in; typed views are made once."""

    values: Mapping[str, Any]
    memo: dict[Any, Any] = field(default_factory=dict)
    """Answers that a rule may keep: they depend on these options and on the key alone."""
    _sets: dict[str, frozenset[str]] = field(default_factory=dict)
    _lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def strings(self, name: str) -> tuple[str, ...]:
        """A list option, as written."""
        found = self._lists.get(name)
        if found is None:
            value = self.values.get(name)
            found = () if value is None else (value,) if isinstance(value, str) else tuple(value)
            self._lists[name] = found
        return found

    def set(self, name: str) -> frozenset[str]:
        """A list option as a set."""
        found = self._sets.get(name)
        if found is None:
            found = self._sets[name] = frozenset(self.strings(name))
        return found

    def text(self, name: str) -> str:
        """A string option; '' where not given."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """A boolean option; False where not given."""
        return self.values.get(name) is True

    def number(self, name: str) -> float | None:
        """A numeric option."""
        value = self.values.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the policy says of the organisation itself; it decides what licence terms reach."""

    name: str = ""
    territory: tuple[str, ...] = ()
    """ISO country codes in which the organisation uses or offers the models; () = not stated."""
    commercial: bool | None = None
    """None = not stated (licences are then read as for commercial use)."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The organisation's own numbers by `LicenseThreshold.metric`: `monthly-active-users` …"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a check may know besides the component."""

    today: dt.date
    organisation: Organisation
    inventory: Inventory
    references: tuple[Reference, ...] = ()
    """The references of the component that the rule applies to."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the closed set."""

    id: str
    """kebab-case: the key in policies, the name of its page and of its module (with `_`)."""
    summary: str
    options: tuple[Option, ...]
    check: Callable[[Component, Options, Context], Iterable[Answer]]
    kinds: frozenset[Kind]
    """Kinds of component it applies to unless the policy's `applies_to.kinds` says otherwise."""
    project: Callable[[Inventory, Options], Iterable[tuple[Gap, Answer]]] | None = None
    """Answers about the project rather than a component, each with the gap it is about."""
    needs: tuple[tuple[str, ...], ...] = ()
    """Of each group at least one option must be given, or the rule would never say anything."""
