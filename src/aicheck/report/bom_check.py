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

__all__ = ["SCHEMA_VERSIONS", "check_bom", "check_report", "schema_errors", "schema_of", "spdx_id"]

SCHEMA_VERSIONS: Final = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
_LIMIT: Final = 50
# Inside a string of JSON the second quotation mark would stand escaped, and no value is followed by a colon: this
# finds every bom-ref of a serialised document, and nothing else.
_REF: Final = re.compile(rb'"bom-ref": ?"([^"\\]*+(?:\\.[^"\\]*+)*+)"')
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
def _spdx_ids() -> dict[str, str]:
    return {value.lower(): value for value in _resource(_RESOURCES[0])["enum"]}


def spdx_id(text: str) -> str | None:
    """Return the SPDX id that CycloneDX knows for a text, whatever its case; None for none."""
    return _spdx_ids().get(text.lower())


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


def check_bom(document: Any, content: bytes | None = None) -> list[str]:
    """Every problem of a CycloneDX JSON document, at most 50 of each sort; [] = valid.

    Each is `/json/pointer: what is wrong`. `content`: the same document as orjson wrote it, where the caller has
    it already.
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
    refs = _refs(orjson.dumps(document) if content is None else content)
    checks = [_unique_refs(refs), _dangling(document, refs), _citations(document)]
    if _odd(document, refs):
        checks += [_cards(document, refs), _licenses(document), _places(document)]
    for found in checks:
        problems.extend(islice(found, _LIMIT))
    return problems


def _odd(document: dict[str, Any], refs: Counter[str]) -> bool:
    """Whether a component or service breaks one of the checks below, which also say where: rarely, and building a
    pointer for each of thousands costs more than looking.
    """  # noqa: D205 - one sentence
    metadata = document.get("metadata") or {}
    tools = metadata.get("tools")
    stack = [*(document.get("components") or ()), *(document.get("services") or ())]
    if isinstance(metadata.get("component"), dict):
        stack.append(metadata["component"])
    if isinstance(tools, dict):
        stack += [*(tools.get("components") or ()), *(tools.get("services") or ())]
    while stack:
        part = stack.pop()
        for choice in part.get("licenses", ()):
            expression = choice.get("expression")
            if expression is not None and not _valid_expression(expression):
                return True
        card = part.get("modelCard")
        if card is not None:
            if part.get("type") != "machine-learning-model":
                return True
            for dataset in (card.get("modelParameters") or {}).get("datasets", ()):
                if _leads_nowhere(dataset.get("ref"), refs):
                    return True
        if part.get("type") not in _HOLDS_DATA and "data" in part:
            return True
        for key in ("components", "services"):
            if key in part:
                stack += part[key]
        pedigree = part.get("pedigree")
        if pedigree is not None:
            for kind in ("ancestors", "descendants", "variants"):
                stack += pedigree.get(kind, ())
    return False


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


def _refs(content: bytes) -> Counter[str]:
    """Every bom-ref anywhere in a serialised document."""
    return Counter(
        ref.decode() if b"\\" not in ref else orjson.loads(b'"' + ref + b'"') for ref in _REF.findall(content)
    )


def _unique_refs(refs: Counter[str]) -> Iterator[str]:
    for ref, count in refs.items():
        if count > 1:
            yield f"/: bom-ref {ref!r} stands {count} times"


_HOLDS_DATA: Final = frozenset({"data", None})  # without a type it is a service, whose data are flows


def _leads_nowhere(ref: Any, refs: Counter[str]) -> bool:
    return isinstance(ref, str) and ref not in refs and not ref.startswith("urn:cdx:")


def _dangling(document: dict[str, Any], refs: Counter[str]) -> Iterator[str]:
    def missing(pointer: str, ref: Any) -> Iterator[str]:
        if _leads_nowhere(ref, refs):
            yield f"{pointer}: {ref!r} is no bom-ref of this document"

    seen: set[str] = set()
    for number, entry in enumerate(document.get("dependencies", ())):
        ref = entry["ref"]
        if ref not in refs:
            yield from missing(f"/dependencies/{number}/ref", ref)
        if ref in seen:
            yield f"/dependencies/{number}/ref: {ref!r} has two entries"
        seen.add(ref)
        for key in ("dependsOn", "provides"):
            for on in entry.get(key, ()):
                if on not in refs:
                    yield from missing(f"/dependencies/{number}/{key}", on)
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


def _cards(document: dict[str, Any], refs: Counter[str]) -> Iterator[str]:
    for pointer, component in components_of(document):
        card = component.get("modelCard") or {}
        for number, dataset in enumerate((card.get("modelParameters") or {}).get("datasets", ())):
            if _leads_nowhere(dataset.get("ref"), refs):
                where = f"{pointer}/modelCard/modelParameters/datasets/{number}/ref"
                yield f"{where}: {dataset['ref']!r} is no bom-ref of this document"


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
