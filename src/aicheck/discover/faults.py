"""Is a configuration file whole? The readers here take what they can; what is broken is said beside it."""

from __future__ import annotations

from typing import Final

import orjson

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

__all__ = ["fault_of"]

_MAX_YAML: Final = 256 << 10
_TEMPLATES: Final = (b"{{", b"{%", b"<%", b"${{", b"<<<<<<<")
"""What is filled in before it is parsed breaks no rule of the format."""


def fault_of(source: SourceFile) -> Gap | None:
    """Return the gap of a JSON, TOML or YAML file that is cut off or malformed; None for all others.

    Only files that a detector looks into are asked, so that the time of a real parser is spent on few.
    """
    name = source.name.lower()
    data = source.data
    if source.size > len(data) or any(mark in data for mark in _TEMPLATES):
        return None
    detail = ""
    if name.endswith((".json", ".webmanifest")):
        detail = _json(data)
    elif name.endswith(".toml"):
        detail = _toml(data)
    elif name.endswith((".yaml", ".yml")) and len(data) <= _MAX_YAML:
        detail = _yaml(data)
    if not detail:
        return None
    return Gap(source.path, GapReason.UNPARSABLE, f"{detail}; references may be missing", source.path)


def _json(data: bytes) -> str:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        from aicheck.discover.jsonc import loads  # noqa: PLC0415 - only for the few with comments

        try:
            loads(data)
        except (SourceError, ValueError):
            return f"not valid JSON ({str(error)[:120]})"
    return ""


def _toml(data: bytes) -> str:
    import tomllib  # noqa: PLC0415 - only where there is TOML

    try:
        tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # ValueError alone: an integer of more digits than Python reads
        return f"not valid TOML ({str(error)[:120]})"
    return ""


def _yaml(data: bytes) -> str:
    import yaml  # noqa: PLC0415 - only where there is YAML

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for _ in yaml.parse(data, Loader=loader):
            pass
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        return f"not valid YAML ({str(getattr(error, 'problem', None) or error)[:100]}{place})"
    return ""
