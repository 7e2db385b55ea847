"""Which BOMs and JSON reports to merge, and one shape for both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from aicheck.core.frozen import dataclass
from aicheck.errors import ConfigError
from aicheck.report.json_ import report_dict
from aicheck.report.read_bom import report_from_bom
from aicheck.report.read_json import is_report

__all__ = ["Problem", "as_report", "expand", "moment", "read_document"]

_LIMIT: Final = 512 << 20
_LIST_LIMIT: Final = 64 << 20
_EPOCH: Final = "1970-01-01T00:00:00Z"
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)?")


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that could not be merged; it never ends the run."""

    path: str
    message: str


def moment(text: object) -> str:
    """Return a timestamp in UTC with whole seconds, so that text order is time order; the epoch if it is none."""
    if not isinstance(text, str) or _STAMP.fullmatch(text) is None:
        return _EPOCH
    try:
        value = datetime.fromisoformat(text.upper())
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return _EPOCH
    return value.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def expand(arguments: Iterable[str]) -> Iterator[Path]:
    """Yield the files that a person named: files, directories (every `*.json` below), `@FILE` (one path a line).

    In directories links are not followed, and of a JSON report and a BOM of one name (`x.json`, `x.cdx.json`) the
    report is taken, which says more. Raises `ConfigError` where a named path is not there.
    """
    for argument in arguments:
        if argument.startswith("@"):
            yield from expand(_lines(Path(argument[1:])))
            continue
        path = Path(argument)
        if path.is_dir():
            found = {each for each in path.rglob("*.json") if each.is_file() and not each.is_symlink()}
            for each in sorted(found):
                twin = each.with_name(each.name.removesuffix(".cdx.json") + ".json")
                if twin == each or not each.name.endswith(".cdx.json") or twin not in found:
                    yield each
        elif path.exists():
            yield path
        else:
            raise ConfigError("no such file or directory", path=argument)


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            text = stream.read(_LIST_LIMIT).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path=str(path)) from None
    lines = [line.strip() for line in text.splitlines()]
    # A list inside a list could lead in a circle.
    return [line for line in lines if line and not line.startswith(("#", "@"))]


def read_document(path: Path) -> dict[str, Any] | Problem:
    """Return the JSON object in a file, or why there is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_LIMIT + 1)
    except OSError as error:
        return Problem(str(path), f"cannot be read: {error.strerror or error}")
    if len(data) > _LIMIT:
        return Problem(str(path), "is larger than 512 MiB")
    try:
        document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        return Problem(str(path), f"is not JSON: {error.msg} (line {error.lineno})")
    if not isinstance(document, dict):
        return Problem(str(path), "is no JSON object")
    return document


def as_report(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in the shape of the JSON report; raises `ConfigError` where it is no BOM that we read.

    Of CycloneDX every fact is a claim of the BOM; the name of the file stays out of it, so that the same statement
    in two BOMs is one row.
    """
    if is_report(document):
        if str(document["schema_version"]).partition(".")[0] != "1":
            raise ConfigError(f"schema version {document['schema_version']} is not known", hint="update aicheck")
        return document
    if document.get("bomFormat") != "CycloneDX":
        raise ConfigError("is neither a CycloneDX BOM nor a JSON report of aicheck")
    try:
        report = report_dict(report_from_bom(document, "bom"))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        hint = "aicheck bom validate says where"
        raise ConfigError(f"damaged CycloneDX document: {error}", hint=hint) from error
    subject = (document.get("metadata") or {}).get("component") or {}
    group = subject.get("group")
    if isinstance(group, str) and group:
        report["project"] = f"{group}/{report['project']}"
    return report
