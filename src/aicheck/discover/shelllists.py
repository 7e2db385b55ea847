"""Lists of models in scripts: arrays, defaults of several words, loops that pull each of them.

`MODELS=(llama3.2 qwen3:8b)`, `${MODELS:-gpt-5-mini opus}`, `for m in mistral-nemo phi4; do ollama pull "$m"`.
What a word names is decided by the variable's name or by the command that the loop gives it to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aicheck.core.reference import Reference
from aicheck.discover.commandline import read_command
from aicheck.discover.emit import Emitter, context_for
from aicheck.discover.judge import Context
from aicheck.knowledge.keys import lookup

__all__ = ["lists"]

_ARRAY: Final = re.compile(
    r"^[ \t]*(?:(?:export|local|readonly|declare|typeset)[ \t]+(?:-\w+[ \t]+)*)?([A-Za-z_]\w*)\+?="
    r"(?:\(([^()$`]{2,8000})\)|\"([^\"\n$`]{3,2000})\"|'([^'\n]{3,2000})')",
    re.MULTILINE,
)
_LOOP: Final = re.compile(r"\bfor[ \t]++([A-Za-z_]\w*+)[ \t]++in[ \t]++([^;\n]{2,2000}+)[;\n][ \t]*+do\b")
_EACH: Final = re.compile(r"\$\{?([A-Za-z_]\w*)(?:\[[@*]\])?\}?")
_WORD: Final = re.compile(r"[A-Za-z0-9][\w./:@+-]*")
_BODY: Final = 1500
"""Characters of a loop in which the command is looked for that takes the variable."""
_MOST: Final = 200


def _words(text: str, start: int) -> Iterator[tuple[str, int]]:
    for index, match in enumerate(_WORD.finditer(re.sub(r"#[^\n]*", lambda m: " " * len(m.group()), text))):
        if index < _MOST:
            yield match.group(), start + match.start()


def _taken_as(variable: str, body: str) -> Context | None:
    """What the command inside the loop takes its variable for: a model of Ollama, of a server, of the Hub."""
    marked = re.sub(rf"\$(?:\{{{variable}\}}|{variable}\b)", "aicheck-each", body)
    if marked == body:
        return None
    for argument in read_command(marked):
        if argument.value == "aicheck-each" and argument.role in {"model", "ollama"} and argument.sure:
            kind = "ollama" if argument.program.startswith("ollama") or argument.role == "ollama" else "model"
            return Context(kind, sure=True, key=argument.flag)
    return None


def lists(text: str, emitter: Emitter) -> Iterator[Reference]:
    """Yield what the words of a script's lists of models name."""
    loops: dict[str, Context] = {}
    for match in _LOOP.finditer(text):
        body = text[match.end() : match.end() + _BODY]
        body = body[: end.start()] if (end := re.search(r"\bdone\b", body)) else body
        context = _taken_as(match.group(1), body)
        over = _EACH.fullmatch(match.group(2).rstrip().strip("\"'"))
        if context is None and "model" in match.group(1).lower():
            context = context_for(lookup("model"), match.group(1))
        if context is None:
            continue
        if over is not None:
            loops[over.group(1)] = context
        elif "$" not in match.group(2):
            for word, start in _words(match.group(2), match.start(2)):
                yield from emitter.value(word, start, context, symbol=match.group(1))
    for match in _ARRAY.finditer(text):
        name = match.group(1)
        index = next(number for number in (2, 3, 4) if match.group(number) is not None)
        value = match.group(index)
        if not value.strip() or (index > 2 and " " not in value.strip()):
            continue  # one word is an assignment
        named = loops.get(name)
        if named is None and "model" not in name.lower():
            continue
        context = named or context_for(lookup("model"), name)
        for word, start in _words(value, match.start(index)):
            yield from emitter.value(word, start, context, symbol=name)
