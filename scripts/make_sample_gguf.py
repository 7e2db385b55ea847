#!/usr/bin/env python3
"""Write a tiny GGUF file: a true header (metadata, one tensor) around a few bytes of zeros, for the example.

    make_sample_gguf.py OUTPUT [KEY=VALUE ...]

KEY=VALUE replaces or adds a metadata string (`general.name=My model`); a number becomes an unsigned integer.
The defaults describe a quantised fine-tune whose base is declared, as `llama.cpp`'s converter writes it.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

DEFAULTS: dict[str, str | int | float] = {
    "general.architecture": "qwen2",
    "general.type": "model",
    "general.name": "Support Triage 7B",
    "general.organization": "Example Corp",
    "general.finetune": "Instruct",
    "general.basename": "Qwen2.5",
    "general.size_label": "7B",
    "general.license": "apache-2.0",
    "general.quantization_version": 2,
    "general.file_type": 15,
    "general.base_model.count": 1,
    "general.base_model.0.name": "Qwen2.5 7B Instruct",
    "general.base_model.0.organization": "Qwen",
    "general.base_model.0.repo_url": "https://huggingface.co/Qwen/Qwen2.5-7B-Instruct",
    "qwen2.block_count": 28,
    "qwen2.context_length": 32768,
    "qwen2.embedding_length": 3584,
    "qwen2.feed_forward_length": 18944,
    "qwen2.attention.head_count": 28,
    "qwen2.attention.head_count_kv": 4,
    "qwen2.rope.freq_base": 1000000.0,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
}


def string(text: str) -> bytes:
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def value(item: str | float) -> bytes:
    if isinstance(item, str):
        return struct.pack("<I", 8) + string(item)
    if isinstance(item, float):
        return struct.pack("<If", 6, item)
    return struct.pack("<II", 4, item)


def gguf(metadata: dict[str, str | int | float]) -> bytes:
    """Bytes of a GGUF v3 file with this metadata and one small tensor."""
    out = b"GGUF" + struct.pack("<IQQ", 3, 1, len(metadata))
    for key, item in metadata.items():
        out += string(key) + value(item)
    out += string("output_norm.weight") + struct.pack("<IQIQ", 1, 4, 0, 0)
    out += b"\0" * (-len(out) % 32)
    return out + b"\0" * 16


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else 2
    metadata = dict(DEFAULTS)
    for pair in arguments[1:]:
        key, separator, text = pair.partition("=")
        if not separator:
            print(f"not KEY=VALUE: {pair!r}", file=sys.stderr)
            return 2
        metadata[key] = int(text) if text.isdigit() else text
    Path(arguments[0]).write_bytes(gguf(metadata))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
