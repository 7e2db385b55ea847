"""Collects every regular expression that the package compiles, and makes up text that could make one backtrack."""

from __future__ import annotations

import json
import random
import re
import re._parser as parser  # type: ignore[import-untyped]  # the standard library's own reader of expressions
import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]  # as above
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT = 1.0
TIMES = 64
"""Repeats up to this count are no danger by themselves."""


def collect() -> list[tuple[str, int, bool]]:
    """Return (pattern, flags, of bytes) of all that the package compiles: at import, and over the fuzzing corpus."""
    found: set[tuple[str, int, bool]] = set()
    real = re._compile  # type: ignore[attr-defined]  # what compile, match, sub and the others go through

    def noted(pattern: Any, flags: Any) -> Any:
        frame = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") == "re":
            frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
        if (
            frame is not None
            and str(frame.f_globals.get("__name__", "")).startswith("aicheck")
            and isinstance(pattern, str | bytes)
        ):
            text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
            found.add((text, int(flags), isinstance(pattern, bytes)))
        return real(pattern, flags)

    re._compile = noted  # type: ignore[attr-defined]  # as above
    import importlib
    import pkgutil

    import aicheck

    for module in pkgutil.walk_packages(aicheck.__path__, "aicheck."):
        if ".templates" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from tests.fuzz.targets import TARGETS, seeds

    for name, target in TARGETS.items():
        for data in seeds(name):
            target(data)
    return sorted(found)


def _one(code: Any, argument: Any, rng: random.Random) -> str:
    """A short text that one node of an expression matches."""
    if code is kinds.LITERAL:
        return chr(argument)
    if code is kinds.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if code is kinds.ANY:
        return "a"
    if code is kinds.IN:
        return _of_set(argument, rng)
    if code is kinds.BRANCH:
        return _text(rng.choice(argument[1]), rng)
    if code is kinds.SUBPATTERN:
        return _text(argument[3], rng)
    if code in {kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT}:
        low, high, body = argument
        return "".join(_text(body, rng) for _ in range(max(low, min(1, high)) if low < 200 else 200))
    if code is kinds.ATOMIC_GROUP:
        return _text(argument, rng)
    return ""


_CLASSES = {kinds.CATEGORY_DIGIT: "0", kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_WORD: "a", kinds.CATEGORY_NOT_DIGIT: "a", kinds.CATEGORY_NOT_SPACE: "a", kinds.CATEGORY_NOT_WORD: "-"}  # fmt: skip


def _of_set(members: Any, rng: random.Random) -> str:
    if members[0][0] is kinds.NEGATE:
        taken = {value for code, value in members[1:] if code is kinds.LITERAL}
        return next(each for each in "a-0 .x" if ord(each) not in taken)
    code, value = rng.choice(members)
    if code is kinds.LITERAL:
        return chr(value)
    if code is kinds.RANGE:
        return chr(value[0])
    return _CLASSES.get(value, "a")


def _text(tree: Any, rng: random.Random) -> str:
    return "".join(_one(code, argument, rng) for code, argument in tree)


def _pumps(tree: Any, before: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (what leads to a repeat, what it repeats) for every wide repeat of an expression."""
    for code, argument in tree:
        if code in {kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT}:
            _, high, body = argument
            if high > TIMES:
                for _ in range(3):
                    yield before, _text(body, rng) or "a"
            yield from _pumps(body, before, rng)
        elif code is kinds.SUBPATTERN:
            yield from _pumps(argument[3], before, rng)
        elif code is kinds.ATOMIC_GROUP:
            yield from _pumps(argument, before, rng)
        elif code is kinds.BRANCH:
            for branch in argument[1]:
                yield from _pumps(branch, before, rng)
        before += _one(code, argument, rng)


ENDS = ("\0", "!\n", "\n\0")


def attacks(pattern: str, flags: int) -> set[tuple[str, str, str]]:
    """Return (prefix, pump, end) worth trying: every wide repeat, alone and with its neighbour, and plain blanks."""
    rng = random.Random(len(pattern))
    tree = parser.parse(pattern, flags)
    found = list(dict.fromkeys(_pumps(tree, "", rng)))
    tried = {(before, pump, ENDS[0]) for before, pump in found} | {("", pump, ENDS[1]) for _, pump in found}
    tried |= {(one[0], one[1] + other[1], ENDS[0]) for one, other in pairwise(found)}
    whole = _text(tree, rng)
    return tried | {("", whole or "a", ENDS[0]), ("", " ", ENDS[0]), ("", "a", ENDS[2])}


def seconds(compiled: re.Pattern[Any], text: Any) -> float:
    """CPU time of one search; infinity where it takes more than `LIMIT`."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    begin = time.process_time()
    try:
        compiled.search(text)
    except TimeoutError:
        return float("inf")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - begin


def slowest(pattern: str, flags: int, *, of_bytes: bool, size: int) -> tuple[float, str]:
    """Return the CPU time of the worst attack of about `size` characters, and the attack."""
    compiled = re.compile(pattern.encode("latin-1") if of_bytes else pattern, flags)
    worst = (0.0, "")
    for before, pump, end in sorted(attacks(pattern, flags)):
        made = before + pump * max(1, size // len(pump)) + end
        text: Any = made.encode("latin-1", "replace") if of_bytes else made
        worst = max(worst, (seconds(compiled, text), f"{before!r} + {pump!r} * {size // len(pump)} + {end!r}"))
    return worst


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.stdout.write(json.dumps(collect()))
