"""Every attack on every expression, put into every kind of text file: `python tests/security/pumped_files.py [SIZE] [EVERY]`.

An expression that is harmless alone may be tried from every place of a file, by readers that are written in Python. Told
is what costs more than linear: a file four times as long that costs more than nine times the CPU time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

FLOOR = 0.15
"""CPU seconds of the longer file below which nothing is looked at more closely."""
SLOPE = 9.0
WORDS = ("model: gpt-4o ", "Qwen/Qwen3-8B ", "https://huggingface.co/a/b ")
"""What makes a reader look, before what is pumped."""
TEXTS = (
    "python notebook javascript java go sql yaml json jsonc toml ini env shell docker makefile hcl markup text component card mcp agent "
    "requirements pyproject package-json go-mod gradle maven msbuild powershell unit modelfile template ignore policy licence spelling"
).split()


def cost(name: str, text: str) -> float:
    """CPU seconds of one target on a text."""
    from tests.fuzz.targets import TARGETS

    begin = time.process_time()
    TARGETS[name](text.encode("utf-8", "replace"))
    return time.process_time() - begin


def all_attacks() -> list[tuple[str, str, str]]:
    """(before, pumped, after) of all expressions of the package, without repetition."""
    from tests.security.patterns import attacks, collect

    found: set[tuple[str, str, str]] = set()
    for pattern, flags, _ in collect():
        found |= {(before[:200], pump, end) for before, pump, end in attacks(pattern, flags) if len(pump) <= 60}
    return sorted(found)


def steep(name: str, attack: tuple[str, str, str], size: int) -> float:
    """How much more a file four times as long costs; 0 where it costs next to nothing."""
    before, pump, end = attack

    def made(length: int) -> str:
        return "".join(f"{word}{before}{pump * (length // len(pump) + 1)}{end}\n" for word in WORDS)

    long = cost(name, made(size * 4))
    if long < FLOOR:
        return 0.0
    ratios = []
    for _ in range(3):
        ratios.append(cost(name, made(size * 4)) / max(cost(name, made(size)), FLOOR / 40))
        if ratios[-1] < SLOPE:
            return ratios[-1]
    return min(ratios)


def told(size: int, every: int) -> Iterator[str]:
    """The pairs of target and attack that grow too fast; one in `every` attacks is tried, each target another one."""
    chosen = all_attacks()
    for number, name in enumerate(TEXTS):
        cost(name, "a")
        for attack in chosen[number % every :: every]:
            ratio = steep(name, attack, size)
            if ratio >= SLOPE:
                yield f"{name}: {attack!r}: {ratio:.1f}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    begin = time.process_time()
    for line in told(
        int(sys.argv[1]) if len(sys.argv) > 1 else 2_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1
    ):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{len(all_attacks())} attacks, {len(TEXTS)} kinds, {time.process_time() - begin:.0f} CPU s\n"
    )
