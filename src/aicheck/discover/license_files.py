"""Licence texts that lie beside weights and installed distributions, read where something asks for them.

Detectors see one file at a time, and every project has a licence of its own. So texts are matched only after the
search: those in a folder that holds a model's weights together with its configuration or card, or that name the
model themselves (`MODEL_LICENSE`), and those of distributions whose metadata state no licence. What is found goes
into the attributes `license_text` (expression, or `unknown` where the text is none that is known),
`license_text_file` and `license_text_match` (0 to 1) of the references there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from aicheck.core.reference import Reference, Use
from aicheck.core.target import Adapter, Library, WeightsFile

__all__ = ["MAX_TEXT", "is_license_file", "join_license_texts"]

MAX_TEXT: Final = 256 << 10
"""Bytes; the longest licence in use is a quarter of that."""
_MOST_FILES: Final = 8
"""Texts read in one folder; collections of third-party licences have hundreds."""

_NAME: Final = re.compile(
    r"(?:(?P<model>model|weights?)[-_.])?(?:un)?(?:licen[sc]e|copying)(?P<rest>[-_.][a-z0-9][a-z0-9-_.]{0,40})?",
    re.IGNORECASE,
)
_NO_TEXT: Final = frozenset(
    "py js ts go rs c h java sh json yaml yml toml xml html png svg pdf docx gz sha256".split()
)
_OF_MODEL: Final = re.compile(r"(?:^|[-_.])(?:model|weights?)(?:[-_.]|\Z)", re.IGNORECASE)


def is_license_file(path: str) -> bool:
    """Tell whether a file's name is that of a licence text: `LICENSE`, `LICENCE.md`, `MODEL_LICENSE.txt`."""
    name = path.rpartition("/")[2]
    found = _NAME.fullmatch(name)
    return found is not None and name.rpartition(".")[2].lower() not in _NO_TEXT


def _names_the_model(path: str) -> bool:
    return _OF_MODEL.search(path.rpartition("/")[2]) is not None


@lru_cache(maxsize=256)
def _license_of(data: bytes) -> tuple[str, float] | None:
    from aicheck.knowledge.licensetext import license_of_text  # noqa: PLC0415 - an index that most scans do not need

    found = license_of_text(data.decode("utf-8", "replace"))
    return (found[0].expression, found[1]) if found is not None else None


def _read(paths: Sequence[str], read: Callable[[str], bytes | None]) -> dict[str, str]:
    """Return the attributes for the licence that these texts are; several different ones are `unknown`."""
    found: dict[str, tuple[str, float]] = {}
    unread = ""
    for path in paths[:_MOST_FILES]:
        data = read(path)
        if data is None or not data.strip() or len(data) > MAX_TEXT:
            continue
        known = _license_of(data)
        if known is None:
            unread = unread or path
        else:
            found.setdefault(known[0], (path, known[1]))
    if len(found) == 1:
        ((expression, (path, certainty)),) = found.items()
        return {
            "license_text": expression,
            "license_text_file": path,
            "license_text_match": f"{certainty:.2f}",
        }
    if found or unread:
        return {"license_text": "unknown", "license_text_file": unread or min(path for path, _ in found.values())}
    return {}


def _of_model(paths: Sequence[str], *, described: bool) -> list[str]:
    """Return the texts that speak of the weights: those that say so by name, else all beside a configuration."""
    named = [path for path in paths if _names_the_model(path)]
    return named or (list(paths) if described else [])


def join_license_texts(
    references: Iterable[Reference],
    listing: Callable[[str], Iterable[str]],
    read: Callable[[str], bytes | None],
    described: Collection[str] = (),
) -> list[Reference]:
    """Return the references with what the licence texts beside them say.

    `listing` gives the paths of the files in a folder, `read` the bytes of one; `described` are the folders that
    hold a model's configuration or card.
    """
    known: dict[tuple[str, bool], dict[str, str]] = {}
    joined = []
    for reference in references:
        wanted = _wanted(reference)
        if wanted is not None:
            if wanted not in known:
                known[wanted] = _facts(*wanted, listing, read, described)
            facts = known[wanted]
            if facts:
                merged = {**facts, **dict(reference.attributes)}
                joined.append(replace(reference, attributes=tuple(sorted(merged.items()))))
                continue
        joined.append(reference)
    return joined


def _wanted(reference: Reference) -> tuple[str, bool] | None:
    """Return the folder whose texts matter to a reference, and whether it is that of a distribution."""
    if reference.occurrence.use is not Use.PRESENT:
        return None
    folder = reference.occurrence.path.rpartition("/")[0]
    if isinstance(reference.target, WeightsFile | Adapter):
        return folder, False
    if isinstance(reference.target, Library) and not reference.attribute("license") and folder.endswith("-info"):
        return folder, True
    return None


def _facts(
    folder: str,
    distribution: bool,  # noqa: FBT001 - one half of the key above
    listing: Callable[[str], Iterable[str]],
    read: Callable[[str], bytes | None],
    described: Collection[str],
) -> dict[str, str]:
    if distribution:
        inner = [path for sub in (folder, f"{folder}/licenses") for path in listing(sub)]
        return _read(sorted(filter(is_license_file, inner)), read)
    texts = sorted(filter(is_license_file, listing(folder)))
    return _read(_of_model(texts, described=folder in described), read)
