"""Model cards: a README with front matter that names bases, datasets and a licence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from aicheck.core.reference import Use
from aicheck.core.target import HubModel, WeightsFile
from aicheck.discover.beside import CARRIER
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.formats.base import clean
from aicheck.discover.sighting import hub_dataset, hub_model, make
from aicheck.discover.source import SourceFile
from aicheck.discover.structure.nesting import load_yaml
from aicheck.errors import SourceError

__all__ = ["DETECTOR", "front_matter"]

_ID: Final = "weights-card"
_MAX_MATTER: Final = 256 << 10
_MAX_ITEMS: Final = 20_000
_CARD_KEYS: Final = frozenset({
    "base_model", "base_model_relation", "datasets", "library_name", "pipeline_tag", "model-index", "license",
    "license_name", "widget", "inference", "model_name", "metrics", "language", "tags", "merged_models",
    "model_type", "new_version",
})  # fmt: skip
_DECISIVE: Final = frozenset({"base_model", "library_name", "pipeline_tag", "model-index", "base_model_relation"})
"""One of these makes a front matter a model card; `license`, `tags`, `language` stand in many other files."""
_MATTER: Final = re.compile(rb"\A\xef?\xbb?\xbf?---[ \t]*\r?\n")
_ANCHORS: Final = re.compile(rb"(?m)(?:^|[\s\[{,:-])[&*][A-Za-z0-9_]")


def front_matter(source: SourceFile) -> tuple[dict[str, Any], int, int] | None:
    """(front matter, its first and last byte offset) of a Markdown file, or None.

    Raises `SourceError` where it is not YAML, or is larger or more clever than a card has to be.
    """
    opening = _MATTER.match(source.data)
    if opening is None:
        return None
    end = source.data.find(b"\n---", opening.end() - 1)
    if end < 0:
        return None
    if end > _MAX_MATTER:
        raise SourceError("a front matter of more than 256 KiB is not read")
    raw = source.data[opening.end() : end]
    if _ANCHORS.search(raw) and b"*" in raw and b"&" in raw:
        raise SourceError("a front matter with YAML anchors is not read")
    try:
        value = load_yaml(raw.decode("utf-8", "replace"), _Plain)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SourceError(f"the front matter is not YAML: {clean(error, 160)}") from None
    return (value, opening.end(), end) if isinstance(value, dict) else None


class _Plain(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]  # the C loader has no stub
    """Every scalar stays text: `license: NO` is a word, not a truth value."""


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [item for item in value[:_MAX_ITEMS] if isinstance(item, str) and item.strip()]
    return []


def _detect(source: SourceFile, hits: Sequence[Hit]) -> Iterator[Detection]:
    del hits
    found = front_matter(source)
    if found is None:
        return
    card, start, end = found
    if not _DECISIVE & card.keys() and len(_CARD_KEYS & card.keys()) < 3:
        return
    relation = next(iter(_texts(card.get("base_model_relation"))), None)
    bases: list[str] = []
    for text in _texts(card.get("base_model")) + _texts(card.get("merged_models")):
        target = hub_model(text)
        if target is not None:
            bases.append(target.repo_id)
            attributes = {"relation": relation or "base", "of": source.path.rpartition("/")[0] or "."}
            yield _reference(source, target, text, (start, end), "base_model", attributes)
    datasets = _texts(card.get("datasets"))
    for text in datasets:
        dataset = hub_dataset(text)
        if dataset is not None:
            span = _span(source, text, start, end)
            yield make(
                source, dataset, span, detector=_ID, use=Use.CONFIG, confidence=0.9, symbol="datasets", raw=text,
                attributes={"relation": "training-data"},
            )  # fmt: skip
    facts = {
        "base": ",".join(bases),
        "base_relation": relation,
        "license": clean(next(iter(_texts(card.get("license"))), ""), 80),
        "license_name": clean(next(iter(_texts(card.get("license_name"))), ""), 120),
        "license_link": clean(next(iter(_texts(card.get("license_link"))), ""), 300),
        "task": clean(next(iter(_texts(card.get("pipeline_tag"))), ""), 80),
        "library": clean(next(iter(_texts(card.get("library_name"))), ""), 80),
        "datasets": clean(",".join(datasets), 400),
    }
    if any(facts.values()):
        yield make(
            source,
            WeightsFile(source.path),
            None,
            detector=_ID,
            use=Use.PRESENT,
            confidence=0.5,
            attributes={**facts, CARRIER: "true"},
        )


def _span(source: SourceFile, text: str, start: int, end: int) -> tuple[int, int]:
    encoded = text.encode("utf-8", "replace")
    at = source.data.find(encoded, start, end)
    return (at, at + len(encoded)) if at >= 0 else (start, start)


def _reference(
    source: SourceFile, target: HubModel, text: str, bounds: tuple[int, int], key: str, attributes: dict[str, str]
) -> Detection:
    span = _span(source, text, *bounds)
    return make(
        source,
        target,
        span,
        detector=_ID,
        use=Use.CONFIG,
        confidence=0.95,
        symbol=key,
        raw=text,
        attributes=attributes,
    )


DETECTOR: Final = Detector(
    id=_ID,
    globs=("readme.md", "modelcard.md", "model_card.md", "model-card.md"),
    needles=(b"base_model", b"library_name", b"pipeline_tag", b"model-index", b"license:", b"datasets:"),
    detect=_detect,
)
