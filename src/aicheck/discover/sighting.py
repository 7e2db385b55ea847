"""Making references: what manifests, cards and headers have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.core.target import HubDataset, HubModel, Target
from aicheck.discover.judge import is_hub_id
from aicheck.discover.source import SourceFile
from aicheck.knowledge.names import ROOT_MODELS

__all__ = ["hub_dataset", "hub_model", "make", "make_at_line", "value_span"]

_LOCAL_FIRST: Final = frozenset({
    "output", "outputs", "out", "model", "models", "checkpoint", "checkpoints", "ckpt", "ckpts", "result",
    "results", "run", "runs", "data", "dataset", "datasets", "workspace", "content", "mnt", "tmp", "home",
    "root", "saved_models", "local", "weights", "pretrained", "pretrained_models", "pretrain", "logs", "log",
    "exp", "exps", "experiments", "save", "saves", "saved", "src", "assets", "train", "training", "trained",
    "cache", "artifacts", "work", "scratch", "users", "user", "opt", "usr", "var", "kaggle", "drive", "build",
    "dist", "test", "tests", "nfs", "share", "shared", "project", "projects", "scripts", "examples",
    "my_model", "finetuned",
})  # fmt: skip
_CHECKPOINT: Final = re.compile(
    r"(?:checkpoint|ckpt|epoch|step|global_step)[-_]?\d+\Z|.*\.(?:bin|pt|pth|ckpt|json|yaml)\Z"
)
_MAX_RAW: Final = 500


def hub_model(text: str, revision: str | None = None) -> HubModel | None:
    """The Hub model that a field which holds either an id or a local path names, or None for a path."""
    text = text.strip()
    if text in ROOT_MODELS:
        return HubModel(text, revision)
    if not is_hub_id(text):
        return None
    owner, _, name = text.partition("/")
    if owner.lower() in _LOCAL_FIRST or _CHECKPOINT.match(name.lower()):
        return None
    return HubModel(text, revision)


def hub_dataset(text: str) -> HubDataset | None:
    """The Hub dataset that such a field names, or None."""
    found = hub_model(text)
    return None if found is None else HubDataset(found.repo_id)


def make(
    source: SourceFile,
    target: Target,
    span: tuple[int, int] | None,
    *,
    detector: str,
    use: Use,
    confidence: float,
    symbol: str = "",
    raw: str | None = None,
    attributes: Mapping[str, str | None] | None = None,
) -> Reference:
    """A reference at the byte offsets `span` of the source; None = the file as such (line 1, column 1)."""
    kept = tuple(sorted((key, value) for key, value in (attributes or {}).items() if value))
    if span is None:
        place = Occurrence(source.path, 1, 1, 1, (raw or source.name)[:_MAX_RAW], symbol, detector, use)
        return Reference(target, place, confidence, kept)
    start, end = span
    line, column = source.position(start)
    text = source.data[start:end].decode("utf-8", "replace")
    stop = column + len(text) if "\n" not in text else column
    place = Occurrence(source.path, line, column, stop, (raw or text)[:_MAX_RAW], symbol, detector, use)
    return Reference(target, place, confidence, kept)


def make_at_line(
    source: SourceFile,
    target: Target,
    line: int,
    *,
    detector: str,
    use: Use,
    confidence: float,
    symbol: str = "",
    raw: str = "",
    attributes: Mapping[str, str | None] | None = None,
) -> Reference:
    """A reference to a 1-based line, at the place of `raw` on it where it stands there."""
    start, end = source.line_bounds(line)
    found = source.data.find(raw.encode("utf-8", "surrogateescape"), start, end) if raw else -1
    span = (found, found + len(raw.encode("utf-8", "surrogateescape"))) if found >= 0 else (start, start)
    return make(
        source,
        target,
        span,
        detector=detector,
        use=use,
        confidence=confidence,
        symbol=symbol,
        raw=raw,
        attributes=attributes,
    )


def value_span(source: SourceFile, key: str, value: str, start: int = 0) -> tuple[int, int]:
    """Byte offsets of a JSON string value behind its key; (0, 0) where it is written otherwise."""
    encoded = value.encode("utf-8", "replace")
    at = source.data.find(b'"' + key.encode("utf-8", "replace") + b'"', start) if key else start
    while at >= 0:
        place = source.data.find(encoded, at + len(key))
        if place < 0:
            break
        if place - at < len(key) + 4096:
            return place, place + len(encoded)
        at = source.data.find(b'"' + key.encode("utf-8", "replace") + b'"', at + 1) if key else -1
    place = source.data.find(encoded) if encoded else -1
    return (place, place + len(encoded)) if place >= 0 else (0, 0)
