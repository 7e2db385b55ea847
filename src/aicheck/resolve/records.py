"""One shape for what a source says of a repository, whether the Hub, the catalog or the lock said it.

The Hub's answers are written by strangers: every field is checked here, once, and what has the wrong type
is as if it were absent (and listed in `oddities`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from aicheck.core.component import Relation
from aicheck.core.evidence import ClaimSource
from aicheck.core.frozen import dataclass
from aicheck.knowledge.catalog import Record
from aicheck.resolve.base_text import read_base, stated_bases

__all__ = ["Base", "RepoFile", "RepoRecord", "from_catalog", "from_hub", "is_repo_id", "with_config"]

_REPO_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9_][\w.-]{0,95})?", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{40}")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_BASES: Final = 200
_MAX_FILES: Final = 20_000
_MAX_RESULTS: Final = 50
_MAX_EMISSIONS: Final = 1e15
_MAX_TEXT: Final = 500
_MAX_PATH: Final = 1000
_GATES: Final = ("auto", "manual")
RELATIONS: Final = {
    "finetune": Relation.FINETUNE,
    "adapter": Relation.ADAPTER,
    "quantized": Relation.QUANTIZED,
    "merge": Relation.MERGE,
    "copy": Relation.COPY,
    "distill": Relation.DISTILL,
    "component": Relation.COMPONENT,
    "conversion": Relation.CONVERSION,
}


@dataclass(frozen=True, slots=True)
class Base:
    """One statement of a base model."""

    id: str
    relation: Relation
    source: ClaimSource
    declared: bool
    """Stated on the Hub by the publisher (card, tags, configuration), not by a third party."""
    locator: str
    confidence: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class RepoFile:
    """A file of the repository's listing."""

    path: str
    size: int | None = None
    sha256: str | None = None
    blob: str | None = None
    """Git's id of the content, for files that are no LFS objects."""


@dataclass(frozen=True, slots=True)
class RepoRecord:
    """What one source says of one model repository. None and () = not stated there."""

    id: str
    """As the answer spells it."""
    asked: str
    answered_by: str
    """`hub`, `catalog` or `lock`."""
    seen: str | None
    """ISO date on which the source was read."""
    commit: str | None = None
    bases: tuple[Base, ...] = ()
    license_id: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    license_source: ClaimSource = ClaimSource.CARD
    license_conflict: str | None = None
    """The licence of the tag where it contradicts the card's."""
    config: Mapping[str, Any] | None = None
    """`config.json` where it was read, else the Hub's subset of it."""
    config_complete: bool = False
    model_type: str | None = None
    architectures: tuple[str, ...] = ()
    auto_map: bool | None = None
    quantization: str | None = None
    parameters: int | None = None
    pipeline_tag: str | None = None
    library: str | None = None
    gated: bool | None = None
    disabled: bool | None = None
    private: bool | None = None
    created: str | None = None
    modified: str | None = None
    downloads: int | None = None
    likes: int | None = None
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    files: tuple[RepoFile, ...] = ()
    files_complete: bool = False
    has_card: bool | None = None
    metrics: tuple[tuple[str, str, str], ...] = ()
    emissions: float | None = None
    scan_status: str | None = None
    scan_issues: tuple[str, ...] = ()
    gguf: Mapping[str, Any] | None = None
    header: Mapping[str, str] | None = None
    """What the header of a weights file tells, where it was read: keys as in `Reference.attributes`."""
    signature: bytes | None = None
    """Content of `model.sig` where it was read."""
    signature_unread: str | None = None
    provenance: str = ""
    """Where the facts come from, for claims: `catalog: pypi:…`, `https://huggingface.co/api/models/…`."""
    oddities: tuple[str, ...] = ()
    """Fields with a type or value that cannot be."""

    @property
    def locator(self) -> str:
        """What claims cite."""
        return self.provenance or f"{self.answered_by}:{self.id}"


def is_repo_id(text: str) -> bool:
    """Return whether `text` can be a Hub id (`owner/name` or a legacy root id)."""
    return bool(_REPO_ID.fullmatch(text)) and ".." not in text and "--" not in text.partition("/")[0]


def _text(value: object, limit: int = _MAX_TEXT) -> str | None:
    return value[:limit] if isinstance(value, str) and value.strip() else None


def _texts(value: object, count: int = 100) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(entry[:_MAX_TEXT] for entry in values if isinstance(entry, str) and entry)[:count]


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: object) -> str | None:
    if not isinstance(value, str) or not _DAY.match(value):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


def _gated(value: object) -> bool | None:
    return True if value in _GATES else _flag(value)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def from_catalog(record: Record, asked: str) -> RepoRecord:
    """Read a catalog record."""
    listed = {
        "hub": (True, ClaimSource.TAG, 1.0),
        "readme": (True, ClaimSource.CARD, 0.97),
        "list": (False, ClaimSource.REGISTRY, 0.93),
        "script": (False, ClaimSource.REGISTRY, 0.95),
        "source-comment": (False, ClaimSource.REGISTRY, 0.9),
        "adapted-from": (False, ClaimSource.REGISTRY, 0.9),
        "name": (False, ClaimSource.NAME, 0.6),
    }
    bases = []
    for edge in record.edges[:_MAX_BASES]:
        declared, source, confidence = listed.get(edge.basis, (False, ClaimSource.REGISTRY, 0.5))
        bases.append(
            Base(
                edge.parent,
                RELATIONS.get(edge.relation, Relation.UNKNOWN),
                source,
                declared,
                f"catalog:{edge.source}",
                confidence,
            )
        )
    names = {"card": ClaimSource.CARD, "tag": ClaimSource.TAG, "list": ClaimSource.REGISTRY}
    newest = record.sources[0][0] if record.sources else ""
    return RepoRecord(
        id=record.id,
        asked=asked,
        answered_by="catalog",
        seen=record.seen,
        commit=record.commit,
        bases=tuple(bases),
        license_id=record.license,
        license_name=record.license_name,
        license_link=record.license_link,
        license_source=names.get(record.license_basis or "card", ClaimSource.REGISTRY),
        model_type=record.model_type,
        architectures=record.architectures,
        auto_map=record.auto_map,
        quantization=record.quantization,
        parameters=record.parameters,
        pipeline_tag=record.pipeline_tag,
        library=record.library,
        gated=None if record.gated is None else record.gated != "false",
        disabled=record.disabled,
        created=record.created,
        modified=record.modified,
        downloads=record.downloads,
        likes=record.likes,
        tags=record.tags,
        languages=record.languages,
        datasets=record.datasets,
        files=tuple(RepoFile(file.path, file.size, file.sha256) for file in record.files),
        files_complete=record.files_complete,
        has_card=record.has_card,
        provenance=f"catalog:{newest}",
    )


def _license(card: Mapping[str, Any], tags: tuple[str, ...]) -> tuple[str | None, ClaimSource, str | None]:
    """Return what is stated, where, and the tag that contradicts the card; of several licences all apply."""
    listed = tuple(
        dict.fromkeys(tag[8:] for tag in tags if tag.startswith("license:") and len(tag) > len("license:"))
    )
    tagged = " AND ".join(listed) or None
    words = tuple(dict.fromkeys(_worded(card.get("license", card.get("licence")))))
    claimed = _text(" AND ".join(words), 200)
    if claimed and claimed != "license":
        # TRL's template writes `licence: license`; the word itself says nothing.
        same = {word.lower() for word in words} == {word.lower() for word in listed}
        return claimed, ClaimSource.CARD, tagged if tagged and not same and len(words) == 1 else None
    return tagged, ClaimSource.TAG, None


def _worded(value: object) -> tuple[str, ...]:
    """Return the texts of a field that should hold one text or several, mappings with a name included."""
    found: list[str] = []
    for entry in (value if isinstance(value, list) else [value])[:20]:
        text = (
            next((entry[key] for key in ("id", "name") if key in entry), None)
            if isinstance(entry, dict)
            else entry
        )
        if isinstance(text, str) and text.strip():
            found.append(text[:_MAX_TEXT])
    return tuple(found)


def _bases(
    answer: Mapping[str, Any], card: Mapping[str, Any], tags: tuple[str, ...], where: str
) -> tuple[Base, ...]:
    relation_stated = RELATIONS.get(str(card.get("base_model_relation", "")).lower())
    found: dict[tuple[str, Relation, ClaimSource], Base] = {}

    def add(repo: str, relation: Relation, source: ClaimSource, locator: str) -> None:
        cleaned = read_base(repo)
        if len(found) < _MAX_BASES and cleaned:
            found.setdefault(
                (cleaned.lower(), relation, source),
                Base(cleaned, relation, source, declared=True, locator=locator, confidence=1.0),
            )

    tagged: dict[str, Relation] = {}
    for tag in tags:
        if not tag.startswith("base_model:"):
            continue
        rest = tag[len("base_model:") :]
        word, colon, repo = rest.partition(":")
        if colon and word in RELATIONS:
            tagged[repo.lower()] = RELATIONS[word]
            add(repo, RELATIONS[word], ClaimSource.TAG, f"tag {tag}")
        else:
            # A relation that the Hub may have one day: the id behind it still counts.
            plain = repo if colon and word.isalpha() and word.islower() and is_repo_id(repo) else rest
            tagged.setdefault(plain.lower(), Relation.UNKNOWN)
    listed = _mapping(answer.get("baseModels"))
    word = str(listed.get("relation", "")).lower()
    for entry in listed.get("models", []) if isinstance(listed.get("models"), list) else []:
        named = _text(_mapping(entry).get("id"))
        if named:
            add(named, RELATIONS.get(word, Relation.UNKNOWN), ClaimSource.HUB, f"{where}#baseModels")
    stated = list(stated_bases(card))
    default = Relation.MERGE if len(stated) > 1 and "merge" in tags else Relation.UNKNOWN
    for repo, word in stated:
        known = relation_stated or RELATIONS.get(word.lower()) or tagged.get(repo.lower(), Relation.UNKNOWN)
        add(repo, default if known is Relation.UNKNOWN else known, ClaimSource.CARD, "README.md base_model")
    # The Hub's excerpt of an adapter's configuration.
    tuned = _text(_mapping(_mapping(answer.get("config")).get("peft")).get("base_model_name_or_path"))
    if tuned is not None and is_repo_id(tuned):
        add(tuned, Relation.ADAPTER, ClaimSource.CONFIG, "adapter_config.json")
    for repo, relation in tagged.items():
        if relation is Relation.UNKNOWN and not any(key[0] == repo for key in found):
            add(repo, relation, ClaimSource.TAG, f"tag base_model:{repo}")
    return tuple(found.values())


def _files(siblings: object) -> tuple[tuple[RepoFile, ...], bool]:
    """Read the listing; it is complete only where every entry of it could be read."""
    if not isinstance(siblings, list):
        return (), False
    files = []
    complete = len(siblings) <= _MAX_FILES
    for entry in siblings[:_MAX_FILES]:
        row = _mapping(entry)
        path = _text(row.get("rfilename"), _MAX_PATH)
        if path is None or len(path) == _MAX_PATH:
            complete = False
            continue
        lfs = _mapping(row.get("lfs"))
        digest = _text(lfs.get("sha256"), 65)
        size = _number(row.get("size"))
        files.append(
            RepoFile(
                path,
                _number(lfs.get("size")) if size is None else size,
                digest.lower() if digest and _SHA256.fullmatch(digest) else None,
                _text(row.get("blobId"), 64) if not lfs else None,
            )
        )
    return tuple(sorted(files, key=lambda file: file.path)), complete


_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "id": (str,),
    "sha": (str,),
    "tags": (list,),
    "cardData": (dict,),
    "siblings": (list,),
    "config": (dict,),
    "downloads": (int,),
    "likes": (int,),
    "gated": (str, bool),
    "disabled": (bool,),
    "private": (bool,),
    "safetensors": (dict,),
    "gguf": (dict,),
    "createdAt": (str,),
    "lastModified": (str,),
    "pipeline_tag": (str,),
    "library_name": (str,),
    "securityRepoStatus": (dict,),
    "baseModels": (dict,),
}
_INNER_KINDS: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "cardData": {
        "license": (str, list),
        "license_name": (str,),
        "license_link": (str,),
        "base_model": (str, list),
        "base_model_relation": (str,),
        "datasets": (str, list),
    },
    "config": {
        "model_type": (str,),
        "architectures": (list,),
        "auto_map": (dict,),
        "quantization_config": (dict,),
    },
    "safetensors": {"total": (int,)},
    "gguf": {"total": (int,), "architecture": (str,)},
    "securityRepoStatus": {"scansDone": (bool,), "filesWithIssues": (list,)},
    "baseModels": {"relation": (str,), "models": (list,)},
}


def _oddities(answer: Mapping[str, Any]) -> list[str]:
    """Name what has the wrong type or cannot be read: absent is not the same as unread."""
    fields = [(key, answer.get(key), kinds) for key, kinds in _KINDS.items()]
    for outer, inner in _INNER_KINDS.items():
        held = _mapping(answer.get(outer))
        fields.extend((f"{outer}.{key}", held.get(key), kinds) for key, kinds in inner.items())
    odd = [
        f"{key} is a {type(value).__name__}"
        for key, value, kinds in fields
        if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds))
    ]
    odd.extend(
        f"{key} is no date"
        for key in ("createdAt", "lastModified")
        if isinstance(answer.get(key), str) and _day(answer[key]) is None
    )
    if isinstance(answer.get("gated"), str) and answer["gated"] not in _GATES:
        odd.append("gated is neither false, auto nor manual")
    card = _mapping(answer.get("cardData"))
    for key, listed in (("tags", answer.get("tags")), ("cardData.base_model", card.get("base_model")),
                        ("cardData.license", card.get("license"))):  # fmt: skip
        if isinstance(listed, list) and not all(isinstance(entry, str) for entry in listed):
            odd.append(f"{key} has entries that are no text")
    listed = answer.get("siblings")
    if isinstance(listed, list):
        rows = [_mapping(entry) for entry in listed[:_MAX_FILES]]
        if not all(_text(row.get("rfilename")) for row in rows):
            odd.append("siblings has entries without a file name")
        digests = [_mapping(row.get("lfs")).get("sha256") for row in rows if row.get("lfs") is not None]
        if not all(isinstance(digest, str) and _SHA256.fullmatch(digest) for digest in digests):
            odd.append("siblings has files whose sha256 is none")
    return odd


def _metrics(card: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Results of the card's `model-index`, in its order, each once."""
    found: dict[tuple[str, str, str], None] = {}
    index = card.get("model-index")
    for entry in index[:_MAX_RESULTS] if isinstance(index, list) else ():
        results = _mapping(entry).get("results")
        for result in results[:_MAX_RESULTS] if isinstance(results, list) else ():
            data = _mapping(_mapping(result).get("dataset"))
            on = _text(data.get("name"), 200) or _text(data.get("type"), 200) or ""
            metrics = _mapping(result).get("metrics")
            for metric in metrics[:_MAX_RESULTS] if isinstance(metrics, list) else ():
                row = _mapping(metric)
                name = _text(row.get("name"), 100) or _text(row.get("type"), 100)
                value = row.get("value")
                if name and isinstance(value, int | float | str) and not isinstance(value, bool):
                    found[name, str(value)[:100], on] = None
    return tuple(found)[:_MAX_RESULTS]


def _emissions(card: Mapping[str, Any]) -> float | None:
    """Grams of CO2 equivalent; the field is a number or an object that holds one."""
    stated = card.get("co2_eq_emissions")
    value = _mapping(stated).get("emissions") if isinstance(stated, dict) else stated
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _MAX_EMISSIONS else None


def from_hub(
    answer: object, asked: str, *, seen: str | None, endpoint: str, kind: str = "models"
) -> RepoRecord | None:
    """Read an answer of `GET /api/models/…` (or `/api/datasets/…`); None where it is no such answer at all."""
    if not isinstance(answer, dict):
        return None
    repo = _text(answer.get("id")) or _text(answer.get("modelId"))
    if repo is None or not is_repo_id(repo):
        return None
    odd = _oddities(answer)
    where = f"{endpoint}/api/{kind}/{repo}"
    card = _mapping(answer.get("cardData"))
    config = _mapping(answer.get("config"))
    tags = _texts(answer.get("tags"), 2000)
    commit = _text(answer.get("sha"), 64)
    if commit is not None and not _COMMIT.fullmatch(commit):
        odd.append("sha is no commit")
        commit = None
    license_id, license_source, conflict = _license(card, tags)
    files, complete = _files(answer.get("siblings"))
    tensors = _mapping(answer.get("safetensors"))
    gguf = _mapping(answer.get("gguf"))
    status = _mapping(answer.get("securityRepoStatus") or answer.get("securityStatus"))
    listed = status.get("filesWithIssues")
    issues = [
        (_text(_mapping(entry).get("path")) or "?", (_text(_mapping(entry).get("level")) or "unsafe").lower())
        for entry in (listed if isinstance(listed, list) else [])
    ]
    scan = None
    if issues:
        scan = "unsafe" if any(level == "unsafe" for _, level in issues) else "suspicious"
    elif status.get("scansDone") is True:
        scan = "safe"
    quantization = _mapping(config.get("quantization_config"))
    return RepoRecord(
        id=repo,
        asked=asked,
        answered_by="hub",
        seen=seen,
        commit=commit.lower() if commit else None,
        bases=_bases(answer, card, tags, where),
        license_id=license_id,
        license_name=_text(" AND ".join(_worded(card.get("license_name"))), 200),
        license_link=next(iter(_worded(card.get("license_link"))), None),
        license_source=license_source,
        license_conflict=conflict,
        config=config or None,
        model_type=_text(config.get("model_type"), 100),
        architectures=_texts(config.get("architectures"), 10),
        # Without a configuration in the answer nobody has said that no code is loaded.
        auto_map=True if config.get("auto_map") or "custom_code" in tags else False if config else None,
        quantization=_text(quantization.get("quant_method"), 50),
        parameters=_number(tensors.get("total")) or _number(gguf.get("total")),
        pipeline_tag=_text(answer.get("pipeline_tag"), 100),
        library=_text(answer.get("library_name"), 100),
        gated=_gated(answer.get("gated")),
        disabled=_flag(answer.get("disabled")),
        private=_flag(answer.get("private")),
        created=_day(answer.get("createdAt")),
        modified=_day(answer.get("lastModified")),
        downloads=_number(answer.get("downloads")),
        likes=_number(answer.get("likes")),
        tags=tuple(tag for tag in tags if not tag.startswith(("license:", "base_model:", "region:")))[:100],
        languages=_texts(card.get("language")),
        datasets=_texts(card.get("datasets")),
        files=files,
        files_complete=complete,
        has_card=bool(card) or any(file.path.lower() == "readme.md" for file in files),
        metrics=_metrics(card),
        emissions=_emissions(card),
        scan_status=scan,
        scan_issues=tuple(f"{path}: {level}" for path, level in issues[:100]),
        gguf=gguf or None,
        provenance=where + (f"/revision/{commit.lower()}" if commit else ""),
        oddities=tuple(odd),
    )


def with_config(record: RepoRecord, config: Mapping[str, Any]) -> RepoRecord:
    """Return the record with its whole `config.json`."""
    quantization = _mapping(config.get("quantization_config"))
    return replace(
        record,
        config=config,
        config_complete=True,
        model_type=_text(config.get("model_type"), 100) or record.model_type,
        architectures=_texts(config.get("architectures"), 10) or record.architectures,
        auto_map=bool(config.get("auto_map")) or bool(record.auto_map),
        quantization=_text(quantization.get("quant_method"), 50) or record.quantization,
    )
