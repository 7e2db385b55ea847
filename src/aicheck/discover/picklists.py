"""Lists and tables of models in code: what stands among known models, and is spelled like one, is one.

`ModelList = []string{"qwen-max", "qwen2.5-72b-instruct", "qwen-audio-chat"}`: two of the three could be anything
where they stood alone. In a bracket with at least three models of APIs, names of a model family (or names under
which some API sells a model) are taken for models as well, bound to the provider that the others share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from aicheck.core.reference import Reference
from aicheck.core.target import HostedModel, RegistryModel, Target
from aicheck.discover import wording
from aicheck.discover.emit import Emitter, offered
from aicheck.discover.judge import has_stem
from aicheck.discover.lexing import Span
from aicheck.discover.surroundings import Surroundings
from aicheck.knowledge.keys import lookup
from aicheck.knowledge.names import OLLAMA_NAMES

__all__ = ["alternatives", "companions", "records"]

_NAME: Final = re.compile(r"[A-Za-z][\w.\-@]{2,70}\Z")
_FEWEST: Final = 3
_LARGEST: Final = 200_000
_CONFIDENCE: Final = 0.6
_KEY: Final = re.compile(rb"([A-Za-z_]\w{0,40})[\"']?\s{0,8}[:=]\s{0,8}\Z")
_ITEM: Final = re.compile(rb"[\[{,(:]\s{0,30}(?:&?[A-Za-z_][\w.]{0,40})?\Z")
"""Before the bracket of a record: it is an item of a list or table, no statement's."""
_TESTS: Final = re.compile(r"(?:^|/)(?:tests?|__tests__)/|[._-]tests?\.\w+\Z|Tests?\.\w+\Z")
_SPELLED: Final = re.compile(r"[A-Za-z\d][\w.\-@/:]{2,70}\Z")
_BAR: Final = re.compile(rb"\s*\|\s*")
_MEMBER: Final = re.compile(r"[A-Za-z][\w.\-@:/]{1,70}\Z")
_MODEL_TYPE: Final = re.compile(rb"\btype\s+\w*model\w*\s*=[\s|]*\Z", re.IGNORECASE)
_BEFORE: Final = 160


def companions(
    seen: Iterable[tuple[Span, Reference]], around: Surroundings, emitter: Emitter
) -> Iterator[Reference]:
    """Yield the models that stand beside `seen` (literals with what they name) in the same brackets."""
    groups: dict[int, list[tuple[Span, Reference]]] = {}
    taken: set[int] = set()
    for span, reference in seen:
        taken.add(span.outer)
        if isinstance(reference.target, HostedModel):
            inner = around.brackets.around(span.outer, 1)
            if inner:
                groups.setdefault(inner[0], []).append((span, reference))
    lexed = around.lexed
    for opener, members in groups.items():
        if len(members) < _FEWEST:
            continue
        providers = {getattr(reference.target, "provider", None) for _, reference in members}
        provider = next(iter(providers)) if len(providers) == 1 else None
        example = members[0][1]
        close = around.brackets.close_of(opener, _LARGEST)
        index = lexed.index_after(opener)
        while index < len(lexed.spans) and lexed.spans[index].outer < close:
            span = lexed.spans[index]
            index += 1
            if span.kind != "string" or span.outer in taken or around.brackets.around(span.outer, 1) != [opener]:
                continue
            text = emitter.text[span.start : span.end]
            low = text.lower()
            if not _NAME.match(text) or not ("-" in text or any(map(str.isdigit, text))):
                continue
            if has_stem(low) or offered(text):
                yield emitter.reference(
                    HostedModel(provider, text),
                    span.start,
                    span.end,
                    _CONFIDENCE,
                    symbol=example.occurrence.symbol,
                    use=example.occurrence.use,
                )


def alternatives(
    seen: Iterable[tuple[Span, Reference]], around: Surroundings, emitter: Emitter
) -> Iterator[Reference]:
    """Yield the others of a union of literals in which `seen` names a model: `"gpt-4o" | "mistral" | "phi3"`.

    A type whose name speaks of models says what its members are; elsewhere two must be known.
    """
    lexed, code = around.lexed, around.lexed.code
    places: dict[int, Reference] = {}
    for span, reference in seen:
        if isinstance(reference.target, HostedModel | RegistryModel):
            places.setdefault(span.outer, reference)
    done: set[int] = set()
    for outer in sorted(places):
        if outer in done:
            continue
        index = lexed.index_after(outer)
        first = last = index
        while first > 0 and _BAR.fullmatch(code, lexed.spans[first - 1].close, lexed.spans[first].outer):
            first -= 1
        while last + 1 < len(lexed.spans) and _BAR.fullmatch(
            code, lexed.spans[last].close, lexed.spans[last + 1].outer
        ):
            last += 1
        members = [lexed.spans[at] for at in range(first, last + 1)]
        done.update(span.outer for span in members)
        known = [places[span.outer] for span in members if span.outer in places]
        if len(members) == 1 or not (
            len(known) > 1 or _MODEL_TYPE.search(code, max(0, members[0].outer - _BEFORE), members[0].outer)
        ):
            continue
        local = all(isinstance(reference.target, RegistryModel) for reference in known)
        providers = {getattr(reference.target, "provider", None) for reference in known}
        provider = next(iter(providers)) if len(providers) == 1 and not local else None
        for span in members:
            text = emitter.text[span.start : span.end]
            if span.kind != "string" or span.outer in places or not _MEMBER.match(text):
                continue
            name, _, tag = text.partition(":")
            target: Target
            if name in OLLAMA_NAMES and (local or tag):
                target = RegistryModel("ollama", name, tag or None)
            elif name in OLLAMA_NAMES or has_stem(text.lower()) or offered(text):
                target = HostedModel(provider, text)
            else:
                continue
            yield emitter.reference(
                target,
                span.start,
                span.end,
                _CONFIDENCE,
                symbol=known[0].occurrence.symbol,
                use=known[0].occurrence.use,
            )


def records(seen: Iterable[tuple[Span, Reference]], around: Surroundings, emitter: Emitter) -> Iterator[Reference]:
    """Yield the models of a list of records whose others are known: `{Model: "qwen-max"}, {Model: "kling-v1"}`.

    At least three known ones in the same list, under the same key, and a key that speaks of models.
    """
    groups: dict[tuple[int, bytes], list[Reference]] = {}
    taken: set[int] = set()
    if _TESTS.search(emitter.source.path):
        return  # tables of tests are full of invented names
    for span, reference in seen:
        taken.add(span.outer)
        key = _key(around, span)
        if key and isinstance(reference.target, HostedModel):
            outer = around.brackets.around(span.outer, 2)
            if len(outer) > 1 and _ITEM.search(around.lexed.code, max(0, outer[0] - 80), outer[0]):
                groups.setdefault((outer[1], key), []).append(reference)
    lexed = around.lexed
    for (opener, key), known in groups.items():
        row = lookup(key.decode()) if len(known) >= _FEWEST else None
        if row is None or row.kind not in {"model", "embedding", "hosted"}:
            continue
        providers = {getattr(reference.target, "provider", None) for reference in known}
        provider = next(iter(providers)) if len(providers) == 1 else None
        close = around.brackets.close_of(opener, _LARGEST)
        for index in range(lexed.index_after(opener), len(lexed.spans)):
            span = lexed.spans[index]
            if span.outer >= close:
                break
            if span.kind != "string" or span.outer in taken or _key(around, span) != key:
                continue
            text = emitter.text[span.start : span.end]
            inner = around.brackets.around(span.outer, 2)
            if (
                inner[1:] == [opener]
                and _ITEM.search(lexed.code, max(0, inner[0] - 80), inner[0])
                and not wording.ANY_NAME.match(text)
                and _SPELLED.match(text)
                and ("-" in text or any(map(str.isdigit, text)))
            ):
                yield emitter.reference(
                    HostedModel(provider, text),
                    span.start,
                    span.end,
                    _CONFIDENCE,
                    symbol=known[0].occurrence.symbol,
                    use=known[0].occurrence.use,
                )


def _key(around: Surroundings, span: Span) -> bytes:
    found = _KEY.search(around.lexed.code, max(0, span.outer - 60), span.outer)
    return found.group(1) if found else b""
