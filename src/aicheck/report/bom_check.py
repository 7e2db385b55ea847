"""Strict checks of CycloneDX documents: the official schema, and what no schema can say.

The schemas are those that cyclonedx-python-lib ships; jsonschema-rs reads them in linear time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["SCHEMA_VERSIONS", "check_bom", "check_report", "schema_errors", "schema_of"]

SCHEMA_VERSIONS: Final = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
_LIMIT: Final = 50
# Nothing below these keys can carry a bom-ref, by the schema; they are the bulk of a document.
_WITHOUT_REFS: Final = frozenset(
    {
        "properties",
        "hashes",
        "externalReferences",
        "identity",
        "dependsOn",
        "pointers",
        "lifecycles",
        "dependencies",
    }
)
_RESOURCES: Final = (
    "spdx.SNAPSHOT.schema.json",
    "jsf-0.82.SNAPSHOT.schema.json",
    "cryptography-defs.SNAPSHOT.schema.json",
)


def schema_of(version: str) -> dict[str, Any]:
    """The official schema of a CycloneDX version; the strict variant where there is one (1.2, 1.3).

    Raises `KeyError` for a version without a schema.
    """
    if version not in SCHEMA_VERSIONS:
        raise KeyError(version)
    strict = "-strict" if version in {"1.2", "1.3"} else ""
    return _resource(f"bom-{version}{strict}.SNAPSHOT.schema.json")


def _resource(name: str) -> dict[str, Any]:
    # Only the data of the package: importing its models costs a quarter of a second.
    value: dict[str, Any] = orjson.loads(files("cyclonedx.schema._res").joinpath(name).read_bytes())
    return value


@cache
def _validator(version: str) -> jsonschema_rs.Validator:
    import jsonschema_rs

    registry = jsonschema_rs.Registry(
        [
            (f"http://cyclonedx.org/schema/{name}", resource)
            for name, resource in ((name, _resource(name)) for name in _RESOURCES)
        ]
    )
    return jsonschema_rs.validator_for(schema_of(version), registry=registry, validate_formats=True)


def schema_errors(document: dict[str, Any], version: str) -> Iterator[jsonschema_rs.ValidationError]:
    """What the official schema of that version finds."""
    return _validator(version).iter_errors(document)


def check_report(document: Any) -> list[str]:
    """Every problem of a JSON report against its published schema, at most 50; [] = valid."""
    import jsonschema_rs

    from aicheck.resources import schemas_dir

    schema = orjson.loads((schemas_dir() / "report.schema.json").read_bytes())
    errors = jsonschema_rs.validator_for(schema).iter_errors(document)
    return [
        f"/{'/'.join(str(part) for part in error.instance_path)}: {error.message[:300]}"
        for error in islice(errors, _LIMIT)
    ]


def check_bom(document: Any) -> list[str]:
    """Every problem of a CycloneDX JSON document, at most 50 of each sort; [] = valid.

    Each is `/json/pointer: what is wrong`.
    """
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        return ["/bomFormat: not a CycloneDX JSON document"]
    version = str(document.get("specVersion"))
    if version not in SCHEMA_VERSIONS:
        return [f"/specVersion: {version} has no schema here ({', '.join(SCHEMA_VERSIONS)})"]
    problems: list[str] = []
    for number, error in enumerate(_validator(version).iter_errors(document)):
        if number >= _LIMIT:
            problems.append("/: more schema errors")
            break
        pointer = "/" + "/".join(str(part) for part in error.instance_path)
        problems.append(f"{pointer}: {error.message[:300]}")
    if problems:
        return problems  # the checks below rely on the shapes
    refs = _refs(document)
    for found in (
        _unique_refs(refs),
        _dangling(document, refs),
        _licenses(document),
        _places(document),
        _citations(document),
    ):
        problems.extend(islice(found, _LIMIT))
    return problems


def components_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(pointer, component) of every component, nested ones and ancestors too."""
    stack: list[tuple[str, Any]] = [("/components", document.get("components"))]
    metadata = document.get("metadata") or {}
    if isinstance(metadata, dict):
        if isinstance(metadata.get("component"), dict):
            stack.append(("/metadata", [metadata["component"]]))
        tools = metadata.get("tools")
        if isinstance(tools, dict):
            stack.append(("/metadata/tools/components", tools.get("components")))
    while stack:
        pointer, entries = stack.pop()
        for number, entry in enumerate(entries or ()):
            if not isinstance(entry, dict):
                continue
            here = f"{pointer}/{number}"
            yield here, entry
            stack.append((f"{here}/components", entry.get("components")))
            pedigree = entry.get("pedigree")
            if isinstance(pedigree, dict):
                stack.extend(
                    (f"{here}/pedigree/{kind}", pedigree.get(kind))
                    for kind in ("ancestors", "descendants", "variants")
                )


def services_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(pointer, service) of every service, nested ones and the tools' too."""
    stack: list[tuple[str, Any]] = [("/services", document.get("services"))]
    tools = (document.get("metadata") or {}).get("tools")
    if isinstance(tools, dict):
        stack.append(("/metadata/tools/services", tools.get("services")))
    while stack:
        pointer, entries = stack.pop()
        for number, entry in enumerate(entries or ()):
            if isinstance(entry, dict):
                yield f"{pointer}/{number}", entry
                stack.append((f"{pointer}/{number}/services", entry.get("services")))


def _refs(document: dict[str, Any]) -> Counter[str]:
    """Every bom-ref anywhere in the document."""
    counted: Counter[str] = Counter()
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            ref = value.get("bom-ref")
            if isinstance(ref, str):
                counted[ref] += 1
            for key, item in value.items():
                if key not in _WITHOUT_REFS and isinstance(item, dict | list):
                    stack.append(item)
        elif value and isinstance(value[0], dict | list):
            stack.extend(value)
    return counted


def _unique_refs(refs: Counter[str]) -> Iterator[str]:
    for ref, count in refs.items():
        if count > 1:
            yield f"/: bom-ref {ref!r} stands {count} times"


def _dangling(document: dict[str, Any], refs: Counter[str]) -> Iterator[str]:
    def missing(pointer: str, ref: Any) -> Iterator[str]:
        if isinstance(ref, str) and ref not in refs and not ref.startswith("urn:cdx:"):
            yield f"{pointer}: {ref!r} is no bom-ref of this document"

    seen: set[str] = set()
    for number, entry in enumerate(document.get("dependencies", ())):
        yield from missing(f"/dependencies/{number}/ref", entry["ref"])
        if entry["ref"] in seen:
            yield f"/dependencies/{number}/ref: {entry['ref']!r} has two entries"
        seen.add(entry["ref"])
        for key in ("dependsOn", "provides"):
            for ref in entry.get(key, ()):
                yield from missing(f"/dependencies/{number}/{key}", ref)
    for number, entry in enumerate(document.get("compositions", ())):
        for key in ("assemblies", "dependencies"):
            for ref in entry.get(key, ()):
                yield from missing(f"/compositions/{number}/{key}", ref)
    for number, entry in enumerate(document.get("annotations", ())):
        for ref in entry.get("subjects", ()):
            yield from missing(f"/annotations/{number}/subjects", ref)
    for number, entry in enumerate(document.get("citations", ())):
        for key in ("attributedTo", "process"):
            yield from missing(f"/citations/{number}/{key}", entry.get(key))
    for pointer, component in components_of(document):
        card = component.get("modelCard") or {}
        for number, dataset in enumerate((card.get("modelParameters") or {}).get("datasets", ())):
            yield from missing(f"{pointer}/modelCard/modelParameters/datasets/{number}/ref", dataset.get("ref"))


@cache
def _valid_expression(expression: str) -> bool:
    from cyclonedx.spdx import is_expression

    # LicenseRefs and AdditionRefs are free names: only their form and place are checked.
    neutral = re.sub(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", "MIT", expression)
    return bool(is_expression(neutral))


def _licenses(document: dict[str, Any]) -> Iterator[str]:
    for owners in (components_of(document), services_of(document)):
        for pointer, owner in owners:
            for number, choice in enumerate(owner.get("licenses", ())):
                expression = choice.get("expression")
                if expression is not None and not _valid_expression(expression):
                    yield f"{pointer}/licenses/{number}/expression: {expression!r} is no SPDX expression"


def _places(document: dict[str, Any]) -> Iterator[str]:
    for pointer, component in components_of(document):
        if "modelCard" in component and component["type"] != "machine-learning-model":
            yield f"{pointer}/modelCard: only a machine-learning-model has one"
        if "data" in component and component["type"] != "data":
            yield f"{pointer}/data: only a component of type data has one"


def _citations(document: dict[str, Any]) -> Iterator[str]:
    for number, citation in enumerate(document.get("citations", ())):
        for pointer in citation.get("pointers", ()):
            value: Any = document
            for part in pointer.split("/")[1:]:
                try:
                    value = value[int(part)] if isinstance(value, list) else value[part]
                except (KeyError, IndexError, ValueError, TypeError):
                    yield f"/citations/{number}/pointers: {pointer!r} points at nothing"
                    break
