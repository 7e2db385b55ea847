"""Fuzzing of everything that reads what strangers write, guided by coverage where `atheris` is installed.

    python tests/fuzz/run.py TARGET[,TARGET…]|all SECONDS [--seed N] [--engine guided|mutation] [--into FOLDER] [--report FILE]

A finding is an exception that a target may not raise, a gap that says "please report it", or an input that takes
longer than ten seconds of CPU time. Inputs of findings are written to `FOLDER/crashes/`, inputs that reach new code to
`FOLDER/found/TARGET/` (outside the repository unless asked for). The guided engine is libFuzzer through atheris
(`uv run --with atheris`); the other mutates the corpus blindly with the standard library alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import struct
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SLOW = 10
MEMORY_MB = 2560
LONGEST = 1 << 16
WORDS = [b"Qwen/Qwen3-8B", b"model:", b'"model":', b"[", b"{", b"(", b'"', b"'", b"\\", b"\n", b"\0", b"\xff" * 8, b"- ", b"---\n", b"${", b"{{", b"#", b"/*", b"*/", b"\x80\x04", b"\x95", b"\x8c", b"GGUF", b"PK\x03\x04", b"=", b".", b'f"{', b"\xe2\x80\xae"]  # fmt: skip


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return a few changes of one input, spliced with others."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(7)
        if kind == 0 and out:
            out[at % len(out)] = rng.randrange(256)
        elif kind == 1:
            out[at:at] = rng.choice(WORDS) * rng.choice((1, 1, 3, 50, 2000))
        elif kind == 2:
            del out[at : at + rng.choice((1, 4, 40))]
        elif kind == 3:
            end = at + rng.randrange(40)
            out[at:at] = out[at:end] * rng.choice((1, 3, 100))
        elif kind == 4:
            other = rng.choice(others)
            cut = rng.randrange(len(other) + 1)
            out[at:] = other[cut:]
        elif kind == 5 and len(out) > 8:
            out[at : at + 8] = struct.pack(
                "<Q", rng.choice((0, 1, 1 << 31, 1 << 32, (1 << 63) - 1, (1 << 64) - 1))
            )
        elif out:
            out[at % len(out)] ^= 1 << rng.randrange(8)
    return bytes(out[: 1 << 18])


def blind(name: str, seconds: float, seed: int, into: Path) -> tuple[int, int]:
    """Mutate the corpus of one target for some seconds; runs and findings."""
    from tests.fuzz.targets import TARGETS, seeds

    target, pool = TARGETS[name], seeds(name)
    rng = random.Random(seed)
    stop, runs, findings = time.monotonic() + seconds, 0, 0
    while time.monotonic() < stop and findings < 20:
        data = mutated(rng.choice(pool), pool, rng)
        runs += 1
        begin, problem = time.process_time(), ""
        try:
            target(data)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if time.process_time() - begin > SLOW:
            problem = problem or "slow"
        if problem:
            findings += 1
            (into / "crashes").mkdir(parents=True, exist_ok=True)
            (into / "crashes" / f"{name}-{seed}-{runs}").write_bytes(data)
            print(f"{name}: {problem[:300]}", flush=True)
        elif len(pool) < 200 and rng.random() < 0.02 and len(data) < 20_000:
            pool.append(data)
    return runs, findings


def main() -> int:
    """Fuzz, print one line a target; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("guided", "mutation"))
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "aicheck-fuzz")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    names = sorted(path.name for path in (HERE / "corpus").iterdir())
    engine = options.engine or ("guided" if importlib.util.find_spec("atheris") else "mutation")
    into: Path = options.into
    into.mkdir(parents=True, exist_ok=True)
    total = 0
    for name in names if options.target == "all" else options.target.split(","):
        begin = time.monotonic()
        if engine == "guided":
            from tests.fuzz.guided import guided

            results = list(guided(name, options.seconds, options.seed, into))
            runs = sum(each for each in results if isinstance(each, int))
            told = [each for each in results if isinstance(each, str)]
            findings = len(told)
            for text in told:
                print(f"{name}: {text}", flush=True)
        else:
            runs, findings = blind(name, options.seconds, options.seed, into)
        total += findings
        row = {"target": name, "engine": engine, "seconds": round(time.monotonic() - begin), "runs": runs, "findings": findings}  # fmt: skip
        print(f"{name}: {runs} runs in {row['seconds']} s ({engine}), {findings} findings", flush=True)
        if options.report:
            with options.report.open("a") as file:
                file.write(json.dumps(row) + "\n")
    return min(total, 1)


if __name__ == "__main__":
    sys.exit(main())
