"""Reading and writing `aicheck.lock`. A lock that is not exactly what was written is an error with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from aicheck.core.component import Component
from aicheck.core.reference import Reference
from aicheck.core.target import Kind, Target
from aicheck.errors import ConfigError
from aicheck.lock.blocks import component_of, covers, integrity_of, key_of
from aicheck.lock.evidence import evidence_of
from aicheck.report.plain import dump

__all__ = ["LOCK_VERSION", "LockFile", "parse_lock", "read_lock", "render_lock"]

LOCK_VERSION: Final = 1
_MAX_BYTES: Final = 256 << 20
_CONFLICT: Final = re.compile(r"(?m)^(?:<{7}|={7}|>{7}|\|{7})(?= |\r?$)")
_KEY_LINE: Final = re.compile(rb'(?m)^    ("(?:[^"\\\n]|\\.)+"): \{')
_REFRESH: Final = "write it anew: aicheck lock"


@dataclass
class LockFile:
    """A lock as `resolve` asks it (`aicheck.resolve.store.Lock`)."""

    path: str
    """As messages name it."""
    blocks: Mapping[str, Mapping[str, Any]]
    """Block by the key it is written under (the canonical spelling of the target)."""
    strict: bool = False
    """Answer also with what was not known when it was locked: nothing else may be asked."""
    text: bytes = b""
    """The file, for the lines of messages."""
    _by_key: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, block in self.blocks.items():
            self._by_key[_lookup(name, block)] = (name, block)

    def __len__(self) -> int:
        """Number of components."""
        return len(self.blocks)

    def block(self, target: Target) -> Mapping[str, Any] | None:
        """The block of a target, whether or not it answers for the code as it stands now."""
        held = self._by_key.get(key_of(target))
        return held[1] if held is not None else None

    def component(self, target: Target, references: Sequence[Reference] = ()) -> Component | None:
        """Return the locked component of a target; None where the lock does not answer for these references.

        Raises `ConfigError` where the block cannot be read.
        """
        held = self._by_key.get(key_of(target))
        if held is None:
            return None
        name, block = held
        if not self.strict and block.get("answered_by") is None and _may_be_known_elsewhere(block):
            return None
        if covers(block, target, references, evidence_of(target, references)) is not None:
            return None
        return self.read(name, target, references)

    def read(self, name: str, target: Target, references: Sequence[Reference] = ()) -> Component:
        """Return the component of the block under `name`. Raises `ConfigError` where it cannot be read."""
        try:
            return component_of(self.blocks[name], target, references)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise ConfigError(
                f"damaged lock: {type(error).__name__}: {error}",
                path=self.path,
                line=self.line(name),
                key=name,
                hint=_REFRESH,
            ) from error

    def why_not(self, target: Target, references: Sequence[Reference] = ()) -> str:
        """Say in a phrase why the lock does not answer for a target."""
        held = self._by_key.get(key_of(target))
        if held is None:
            return "run 'aicheck lock' with network access, and commit the lock"
        reason = covers(held[1], target, references, evidence_of(target, references))
        return f"{reason or 'nothing was known of it'}: run 'aicheck lock'"

    def line(self, name: str) -> int | None:
        """Line on which a block starts."""
        return _line_of(self.text, name)


def _may_be_known_elsewhere(block: Mapping[str, Any]) -> bool:
    # Datasets and endpoints have no source that "answers"; what is held of them is all there is.
    return block.get("kind") in {Kind.MODEL, Kind.HOSTED_MODEL, Kind.REGISTRY_MODEL}


def _lookup(name: str, block: Mapping[str, Any]) -> str:
    return name.lower() if block.get("kind") == Kind.MODEL else name


def _line_of(text: bytes, name: str) -> int | None:
    found = text.find(b"\n    " + orjson.dumps(name) + b":")
    return text.count(b"\n", 0, found + 1) + 1 if found >= 0 else None


def read_lock(path: Path, *, shown: str | None = None, strict: bool = False) -> LockFile:
    """Read a lock file. Raises `ConfigError` with the line where it is not what aicheck wrote."""
    shown = shown or path.name
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"the lock is larger than {_MAX_BYTES >> 20} MB", path=shown)
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the lock: {error.strerror or error}", path=shown) from error
    return parse_lock(data, shown, strict=strict)


def parse_lock(data: bytes, shown: str = "aicheck.lock", *, strict: bool = False) -> LockFile:
    """Read a lock from bytes (of a git revision, say). Raises `ConfigError` with the line."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _not_json(data, shown) from None
    if not isinstance(document, dict) or "lock_version" not in document:
        raise ConfigError("not a lock of aicheck", path=shown, line=1, hint=_REFRESH)
    version = document["lock_version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ConfigError(f"lock_version is {version!r}", path=shown, line=_line(data, b'"lock_version"'))
    if version > LOCK_VERSION:
        raise ConfigError(
            f"lock_version {version} is newer than this aicheck reads ({LOCK_VERSION})",
            path=shown,
            line=_line(data, b'"lock_version"'),
            hint="update aicheck",
        )
    blocks = document.get("components")
    if not isinstance(blocks, dict):
        raise ConfigError("'components' must be an object", path=shown, line=1, hint=_REFRESH)
    seen: dict[bytes, int] = {}
    for match in _KEY_LINE.finditer(data):
        line = data.count(b"\n", 0, match.start()) + 1
        if match[1] in seen:
            raise ConfigError(
                f"{match[1].decode('utf-8', 'replace')} is listed twice (also on line {seen[match[1]]})",
                path=shown,
                line=line,
                hint="merge by hand, or write it anew: aicheck lock",
            )
        seen[match[1]] = line
    for name, block in blocks.items():
        if not isinstance(block, dict) or block.get("integrity") != integrity_of(block):
            raise ConfigError(
                f"the block of '{name}' is not what aicheck wrote (its integrity does not match)",
                path=shown,
                line=_line_of(data, name),
                key=name,
                hint="locks are not edited by hand; take it back from git, or refresh it: aicheck update",
            )
    return LockFile(shown, blocks, strict, data)


def _line(data: bytes, needle: bytes) -> int | None:
    found = data.find(needle)
    return data.count(b"\n", 0, found) + 1 if found >= 0 else None


def _not_json(data: bytes, shown: str) -> ConfigError:
    """Say what is wrong with a lock that is no JSON: a merge conflict, an end in the middle, or a typing error."""
    text = data.decode("utf-8", "replace")
    if "\ufffd" in text and b"\xef\xbf\xbd" not in data:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        return ConfigError("the lock is not UTF-8", path=shown, line=line, hint=_REFRESH)
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        return ConfigError(
            "the lock has an unresolved merge conflict",
            path=shown,
            line=text.count("\n", 0, conflict.start()) + 1,
            hint="take either side (git checkout --ours aicheck.lock), then run: aicheck lock",
        )
    if not text.strip():
        return ConfigError("the lock is empty", path=shown, line=1, hint=_REFRESH)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        end = len(text.rstrip())
        cut = error.pos >= end or error.msg.startswith("Unterminated string")
        what = "the lock ends in the middle (truncated)" if cut else f"the lock is not JSON: {error.msg}"
        return ConfigError(what, path=shown, line=error.lineno, column=error.colno, hint=_REFRESH)
    except RecursionError:
        return ConfigError("the lock is nested too deeply", path=shown, line=1, hint=_REFRESH)
    return ConfigError("the lock is not JSON", path=shown, line=1, hint=_REFRESH)


def render_lock(blocks: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The lock file of these blocks: sorted, one component per block, no date of its own."""
    document = {
        "lock_version": LOCK_VERSION,
        "components": {name: blocks[name] for name in sorted(blocks, key=lambda name: (name.lower(), name))},
    }
    return dump(document)
