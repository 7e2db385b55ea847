"""A newer catalog from the Hub's own list of its most used models."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aicheck.errors import ConfigError
from aicheck.knowledge.catalog import open_catalog
from aicheck.knowledge.catalog_file import write_catalog
from aicheck.resolve.hub import Hub
from aicheck.resolve.records import RepoRecord, from_hub

__all__ = ["row_from_hub", "update_catalog"]


def row_from_hub(record: RepoRecord, code: int) -> dict[str, Any]:
    """Return a catalog row of what the Hub says; `code` is the number of the source."""
    row: dict[str, Any] = {"i": record.id, "z": [[code, record.seen or ""]]}
    optional: dict[str, Any] = {
        "s": record.commit,
        "m": record.model_type,
        "a": list(record.architectures),
        "am": record.auto_map or None,
        "q": record.quantization,
        "p": record.parameters,
        "t": record.pipeline_tag,
        "lib": record.library,
        "x": record.disabled or None,
        "c": record.created,
        "u": record.modified,
        "d": record.downloads,
        "k": record.likes,
        "tg": list(record.tags[:12]),
        "la": list(record.languages[:12]),
        "ds": list(record.datasets[:10]),
        "f": [[file.path, file.size, file.sha256] if file.sha256 else file.path for file in record.files],
        "fc": 1 if record.files_complete and record.files else None,
        "hc": record.has_card or None,
        "b": [[base.id, base.relation.value, "hub", code] for base in record.bases],
    }
    row.update({key: value for key, value in optional.items() if value not in (None, [], "")})
    if record.gated is not None:
        row["g"] = "auto" if record.gated else "false"
    if record.license_id is not None:
        row["l"] = [record.license_id, record.license_name, record.license_link, record.license_source.value]
    return row


def update_catalog(path: Path, *, limit: int, hub: Hub | None = None) -> tuple[Path, int, dict[str, int]]:
    """Write the present catalog with the Hub's `limit` most used models brought up to date.

    Returns path, number of models read now, and the counts. Raises `ConfigError` where the Hub does not answer.
    """
    client = hub or Hub()
    day = datetime.now(UTC).date().isoformat()
    held = open_catalog()
    aliases, sources = held.tables()
    sources.append(f"{client.endpoint} list of models")
    code = len(sources) - 1
    rows = {str(row["i"]).lower(): row for row in held.rows()}
    count = 0
    for answer in client.list_models(limit=limit):
        record = from_hub(answer, str(answer.get("id", "")), seen=day, endpoint=client.endpoint)
        if record is not None:
            count += 1
            rows[record.id.lower()] = row_from_hub(record, code)
    if not count:
        raise ConfigError("the Hub listed no models", hint="check HF_ENDPOINT")
    return path, count, write_catalog(path, rows.values(), aliases=aliases, sources=sources, date=day)
