"""Mutation fuzzing of everything that reads what strangers write.

    python tests/fuzz/run.py TARGET|all SECONDS [SEED]

A finding is an exception that a target may not raise, a gap that says "please report it", or an input that takes
longer than ten seconds; the input is written to `tests/fuzz/crashes/`. Seeds are in `tests/fuzz/corpus/` (one folder
per target, the file's name is the name that it is read under) and in the fixtures below.
"""

from __future__ import annotations

import contextlib
import json
import random
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aicheck.discover.engine import Examiner
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile
from aicheck.errors import AicheckError
from aicheck.evaluate import load_policy
from aicheck.knowledge.licenses import by_id
from aicheck.resolve.records import from_hub
from aicheck.resolve.spelling import read_spelling

HERE = Path(__file__).parent
SLOW = 10.0
WORDS = [b"Qwen/Qwen3-8B", b"model:", b'"model":', b"[", b"{", b"(", b'"', b"'", b"\\", b"\n", b"\0", b"\xff" * 8, b"- ", b"---\n", b"${", b"{{", b"#", b"/*", b"*/", b"\x80\x04", b"\x95", b"\x8c", b"GGUF", b"PK\x03\x04", b"=", b".", b'f"{', b"\xe2\x80\xae"]  # fmt: skip
_EXAMINER = Examiner(load_detectors(), DiscoverSettings(include_docs=True))


def examined(name: str) -> Callable[[bytes], None]:
    def target(data: bytes) -> None:
        found = _EXAMINER.examine(SourceFile(name, data, documentation=True))
        bad = [gap.detail for gap in found.gaps if "please report it" in gap.detail]
        if bad:
            raise RuntimeError(bad[0])

    return target


def policy(data: bytes) -> None:
    path = Path("/tmp") / f"aicheck-fuzz-{random.getrandbits(32)}.yaml"
    path.write_bytes(data)
    try:
        load_policy(str(path))
    except AicheckError:
        pass
    finally:
        path.unlink()


def record(data: bytes) -> None:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return
    from_hub(answer, "a/b", seen="2026-11-23", endpoint="https://huggingface.co")


def spelling(data: bytes) -> None:
    with contextlib.suppress(AicheckError):
        read_spelling(data.decode("utf-8", "replace"))


def license_(data: bytes) -> None:
    by_id(data.decode("utf-8", "replace"))


PYTHON = b'import os\nfrom transformers import AutoModel\nNAME = os.getenv("M", "Qwen/Qwen3-8B")\nm = AutoModel.from_pretrained(f"{NAME}", revision="main")\nopenai.OpenAI(base_url="https://x/v1").chat.completions.create(model="gpt-4o")\n'  # fmt: skip
CARD = b"---\nbase_model:\n- Qwen/Qwen3-8B\nlicense: apache-2.0\ndatasets: [a/b]\n---\n# x\n"
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 12) + b"general.name" + struct.pack("<IQ", 8, 1) + b"x" + struct.pack("<Q", 1) + b"t" + struct.pack("<IQIQ", 1, 4, 0, 0)  # fmt: skip
TENSORS = b'{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
SEEDS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "python": (examined("a.py"), PYTHON),
    "notebook": (examined("a.ipynb"), json.dumps({"cells": [{"cell_type": "code", "source": PYTHON.decode().splitlines(keepends=True)}]}).encode()),
    "javascript": (examined("a.ts"), b'import OpenAI from "openai";\nconst o = new OpenAI({baseURL: `https://x/${a}`});\no.chat.completions.create({model: "gpt-4o"}) // Qwen/Qwen3-8B\n'),
    "yaml": (examined("a.yaml"), b'model: Qwen/Qwen3-8B\nargs: [--model, "a/b"]\nx:\n  - image: vllm/vllm-openai:v1\n    env: {MODEL: "gpt-4o"}\n'),
    "json": (examined("config.json"), b'{"model_type":"qwen2","_name_or_path":"Qwen/Qwen3-8B","architectures":["X"],"a":{"model":"gpt-4o"}}'),
    "toml": (examined("pyproject.toml"), b'[project]\ndependencies = ["transformers>=4", "torch @ https://x/y.whl"]\n[tool.x]\nmodel = "gpt-4o"\n'),
    "requirements": (examined("requirements.txt"), b"transformers[a]==4.50.0 ; python_version > '3'\n-r other.txt\ngit+https://github.com/a/b@c\n"),
    "shell": (examined("run.sh"), b'#!/bin/sh\nM=Qwen/Qwen3-8B\nollama run qwen3:8b\nvllm serve "$M" --port 1 <<EOF\nx\nEOF\n'),
    "docker": (examined("Dockerfile"), b'FROM vllm/vllm-openai:v1\nENV MODEL=Qwen/Qwen3-8B\nCMD ["--model", "a/b"]\n'),
    "card": (examined("README.md"), CARD),
    "mcp": (examined("mcp.json"), b'{"mcpServers":{"a":{"command":"npx","args":["-y","@a/b@1"],"env":{"K":"v"}}}}'),
    "gguf": (examined("a.gguf"), GGUF),
    "safetensors": (examined("a.safetensors"), struct.pack("<Q", len(TENSORS)) + TENSORS + b"\0" * 4),
    "pickle": (examined("a.pkl"), b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94."),
    "onnx": (examined("a.onnx"), b"\x08\x07\x12\x07pytorch\x3a\x06\x0a\x04\x22\x02ab\x42\x02\x10\x0d"),
    "cargo": (examined("Cargo.toml"), b'[dependencies]\ncandle-core = { version = "0.8", features = ["a"] }\n'),
    "lockfile": (examined("package-lock.json"), b'{"lockfileVersion":3,"packages":{"node_modules/openai":{"version":"4.0.0"}}}'),
    "policy": (policy, b"version: 1\nname: x\nsummary: y\nextends: baseline\nrules:\n  origin-allowed: { level: error, on_unknown: warn, deny_countries: [CN] }\n"),
    "record": (record, b'{"id":"a/b","sha":"0000000000000000000000000000000000000000","tags":["base_model:finetune:c/d"],"cardData":{"license":"mit","base_model":["c/d"]},"siblings":[{"rfilename":"x","lfs":{"sha256":"a","size":1}}],"config":{"model_type":"x"},"safetensors":{"total":1}}'),
    "spelling": (spelling, b"pkg:huggingface/Qwen/Qwen3-8B@main"),
    "licence": (license_, b"Apache-2.0 AND (MIT OR llama3.1)"),
}  # fmt: skip


def mutated(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
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


def fuzz(name: str, seconds: float, seed: int) -> tuple[int, int]:
    """Runs and findings of one target."""
    target, first = SEEDS[name]
    folder = HERE / "corpus" / name
    pool = [first, *(path.read_bytes() for path in sorted(folder.glob("*")))]
    rng = random.Random(seed)
    stop, runs, findings = time.monotonic() + seconds, 0, 0
    while time.monotonic() < stop:
        data = mutated(rng.choice(pool), pool, rng)
        runs += 1
        begin = time.process_time()
        problem = ""
        try:
            target(data)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        if time.process_time() - begin > SLOW:
            problem = problem or "slow"
        if problem:
            findings += 1
            (HERE / "crashes").mkdir(exist_ok=True)
            (HERE / "crashes" / f"{name}-{seed}-{runs}").write_bytes(data)
            print(f"{name}: {problem[:300]}", flush=True)
            if findings >= 20:
                break
        elif len(pool) < 200 and rng.random() < 0.02 and len(data) < 20_000:
            pool.append(data)
    return runs, findings


def main() -> int:
    which, seconds = sys.argv[1], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    total = 0
    for name in SEEDS if which == "all" else [which]:
        runs, findings = fuzz(name, seconds, seed)
        total += findings
        print(f"{name}: {runs} runs in {seconds:.0f} s, {findings} findings", flush=True)
    return min(total, 1)


if __name__ == "__main__":
    sys.exit(main())
