"""What a step tells GitHub: outputs, summary, annotations. All of it carries untrusted text."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["SUMMARY_LIMIT", "append_summary", "write_outputs"]

SUMMARY_LIMIT: Final = 900_000
"""Bytes; GitHub drops a summary above 1 MiB whole."""


def write_outputs(file: Path | None, values: Mapping[str, str]) -> None:
    """Append NAME=VALUE pairs; a value with line breaks gets a delimiter that nobody can guess."""
    if file is None:
        return
    lines: list[str] = []
    for name, value in values.items():
        if "\n" in value or "\r" in value:
            delimiter = f"aicheck-{secrets.token_hex(16)}"
            lines += [f"{name}<<{delimiter}", value, delimiter]
        else:
            lines.append(f"{name}={value}")
    with file.open("a", encoding="utf-8", errors="replace", newline="\n") as out:
        out.write("\n".join(lines) + "\n")


def append_summary(file: Path | None, markdown: str) -> None:
    """Append to the step summary, cut at a line where it would grow beyond `SUMMARY_LIMIT`."""
    if file is None:
        return
    taken = file.stat().st_size if file.exists() else 0
    data = markdown.encode("utf-8", "replace")
    room = SUMMARY_LIMIT - taken
    if len(data) > room:
        note = b"\n\n_Cut: the reports have the rest._\n"
        if room < len(note):
            return
        data = data[: room - len(note)]
        # A character or a line cut in half would break the Markdown that follows.
        data = data[: data.rfind(b"\n") + 1] + note
    with file.open("ab") as out:
        out.write(data + b"\n")
