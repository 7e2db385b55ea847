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
from aicheck.core.target import HostedModel
from aicheck.discover.emit import Emitter, offered
from aicheck.discover.judge import has_stem
from aicheck.discover.lexing import Span
from aicheck.discover.surroundings import Surroundings

__all__ = ["companions"]

_NAME: Final = re.compile(r"[A-Za-z][\w.\-@]{2,70}\Z")
_FEWEST: Final = 3
_LARGEST: Final = 200_000
_CONFIDENCE: Final = 0.6


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
