"""The AI-BOM: a CycloneDX 1.6 or 1.7 document, assembled and ordered in linear time.

A BOM says what there is; it does not change because a policy did, so findings and the verdict stand elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

import orjson

from aicheck.core.component import Component, Relation
from aicheck.core.evidence import Claim, ClaimSource, Fact, claims_of, value_of
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, HostedModel, HubDataset, HubModel, Library
from aicheck.errors import ConfigError, ReportError
from aicheck.report import Options
from aicheck.report.cyclonedx_component import (
    Value,
    component_dict,
    disputed,
    host_service,
    is_service,
    service_dict,
    service_ref,
)
from aicheck.report.cyclonedx_properties import gap_text, prop
from aicheck.report.safety import escape_json, scrub, visible

__all__ = ["SPEC_VERSIONS", "bom_dict", "checked", "render"]

SPEC_VERSIONS: Final = ("1.6", "1.7")
_TOOL_REF: Final = "tool:aicheck"
_HUB_REF: Final = "source:huggingface"
_KNOWLEDGE_REF: Final = "source:aicheck-knowledge"
_ANNOTATIONS: Final = 1000
# Serial numbers are made of the content: a name space of our own, as RFC 9562 asks.
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:aicheck:bom")
_FROM_HUB: Final = frozenset({ClaimSource.CARD, ClaimSource.TAG, ClaimSource.HUB, ClaimSource.FILE_LIST})


@dataclass(slots=True)
class _Index:
    """What the writer has to look up more than once."""

    refs: dict[str, str] = field(default_factory=dict)
    """Hub id → bom-ref of the model that is a component."""
    datasets: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    """Host name → bom-ref of the endpoint's service."""
    providers: dict[str, str] = field(default_factory=dict)


def _index(components: Iterable[Component]) -> _Index:
    index = _Index()
    for component in components:
        target = component.target
        if isinstance(target, HubModel):
            index.refs.setdefault(component.resolved_id or target.repo_id, component.ref)
        elif isinstance(target, HubDataset):
            index.datasets.setdefault(component.resolved_id or target.repo_id, component.ref)
        elif isinstance(target, Endpoint):
            index.endpoints.setdefault(target.host, component.ref)
            hosting = value_of(component.hosting)
            if hosting is not None and hosting.provider:
                index.providers.setdefault(hosting.provider, component.ref)
    return index


def _service_of(component: Component, target: HostedModel, index: _Index) -> str:
    """bom-ref of the service that answers for a hosted model: an endpoint that was seen, or its provider."""
    hosting = value_of(component.hosting)
    host = (hosting.host if hosting is not None else None) or target.host
    if host is not None and host in index.endpoints:
        return index.endpoints[host]
    if target.host is None:
        provider = (hosting.provider if hosting is not None else None) or target.provider
        if provider is not None and provider in index.providers:
            return index.providers[provider]
    return service_ref(hosting, target)


def _dependencies(
    components: Iterable[Component], index: _Index, served: dict[str, str], root: str, direct: Iterable[str]
) -> list[Value]:
    edges: dict[str, set[str]] = {root: set(direct)}
    for component in components:
        on = edges.setdefault(component.ref, set())
        if component.ref in served:
            on.add(served[component.ref])
        on.update(index.datasets[name] for name in component.card.datasets if name in index.datasets)
        on.update(index.datasets[one.id] for one in component.lineage.data if one.id in index.datasets)
        # An adapter is of no use without the model that it adapts.
        on.update(
            index.refs[one.id]
            for one in component.lineage.ancestors
            if one.depth == 1 and one.relation is Relation.ADAPTER and one.id in index.refs
        )
        stands_for = value_of(component.stands_for) if component.stands_for is not None else None
        if stands_for in index.refs:
            on.add(index.refs[stands_for])
        on.discard(component.ref)
    for ref in served.values():
        edges.setdefault(ref, set())
    return [{"ref": ref, "dependsOn": sorted(on)} if on else {"ref": ref} for ref, on in sorted(edges.items())]


def _compositions(report: Report, root: str) -> list[Value]:
    open_ends = sorted({component.ref for component in report.components if component.gaps or disputed(component)})
    result: list[Value] = []
    if open_ends:
        result.append({"aggregate": "incomplete", "assemblies": open_ends, "dependencies": open_ends})
    # A scan never proves that it saw everything: the whole is incomplete where something is known to be
    # missing, and of unknown completeness otherwise.
    result.append({"aggregate": "incomplete" if report.gaps else "unknown", "assemblies": [root]})
    return result


def _annotations(report: Report, root: str, known: frozenset[str]) -> list[Value]:
    by_target = {str(component.target): component.ref for component in report.components}
    # Each once, as the schema demands: two gaps on one line, or two that differ after the cut, read the same.
    texts: dict[tuple[str, str], None] = {}
    for gap in report.gaps[:_ANNOTATIONS]:
        subject = by_target.get(gap.subject.partition("#")[0], root)
        place = f" ({gap.path}:{gap.line or 1})" if gap.path else ""
        texts[subject if subject in known else root, visible(f"not seen: {gap_text(gap)}{place}", 1024)] = None
    return [
        {
            "subjects": [subject],
            "annotator": {"component": {"type": "application", "name": report.tool.name}},
            "timestamp": report.created,
            "text": text,
        }
        for subject, text in texts
    ]


def _source_ref(claim: Claim[Any]) -> str:
    if claim.source in _FROM_HUB:
        return _HUB_REF
    return _KNOWLEDGE_REF if claim.source is ClaimSource.REGISTRY else _TOOL_REF


@lru_cache(maxsize=4096)
def _moment(seen: str | None, created: str) -> str:
    """A date as the schema's moment: a month is its first day; what is no date gives way to the report's own."""
    match = _DAY.match(seen or "")
    if match is None:
        return created
    try:
        day = date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return created
    return f"{day.isoformat()}T00:00:00Z"


_DAY: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")


def _citations(components: dict[str, Component], ordered: list[Value], created: str) -> list[Value]:
    """1.7: who said what, one citation per source and day, pointing at every field it supplied."""
    found: dict[tuple[str, str], list[str]] = {}

    def cite(fact: Fact[Any], pointer: str) -> None:
        for claim in claims_of(fact)[:1]:
            found.setdefault((_source_ref(claim), _moment(claim.seen, created)), []).append(pointer)

    for number, entry in enumerate(ordered):
        component = components.get(entry["bom-ref"])
        if component is None:
            continue
        if "manufacturer" in entry:
            cite(component.developer, f"/components/{number}/manufacturer")
        if "licenses" in entry:
            cite(component.license, f"/components/{number}/licenses")
        if "components" in entry:
            cite(component.weights, f"/components/{number}/components")
        if "version" in entry and isinstance(component.target, HubModel | HubDataset):
            cite(component.revision.commit, f"/components/{number}/version")
        for place, ancestor in enumerate(component.lineage.ancestors):
            for claim in ancestor.claims[:1]:
                pointer = f"/components/{number}/pedigree/ancestors/{place}"
                found.setdefault((_source_ref(claim), _moment(claim.seen, created)), []).append(pointer)
    return [
        {"pointers": pointers, "timestamp": day, "attributedTo": source}
        for (source, day), pointers in sorted(found.items())
    ]


def _metadata(report: Report, root: str, *, cited: bool) -> Value:
    tool: Value = {
        "type": "application",
        "bom-ref": _TOOL_REF,
        "name": report.tool.name,
        "version": report.tool.version,
    }
    tools: Value = {"components": [tool]}
    if cited:
        tools["components"].append(
            {
                "type": "data",
                "bom-ref": _KNOWLEDGE_REF,
                "name": "aicheck knowledge",
                "version": visible(report.sources.knowledge_date or report.tool.version, 255),
            }
        )
        tools["services"] = [
            {"bom-ref": _HUB_REF, "name": "Hugging Face Hub", "endpoints": ["https://huggingface.co"]}
        ]
    subject: Value = {"type": "application", "bom-ref": root, "name": visible(report.project, 1024) or "project"}
    if report.project_version:
        subject["version"] = visible(report.project_version, 1024)
    properties = [
        prop("aicheck:scan:root", visible(report.inventory.root)),
        prop("aicheck:scan:files-listed", report.inventory.stats.files_listed),
        prop("aicheck:scan:files-read", report.inventory.stats.files_read),
        prop("aicheck:scan:offline", report.sources.offline),
    ]
    for name, value in (
        ("aicheck:scan:catalog-date", report.sources.catalog_date),
        ("aicheck:scan:knowledge-date", report.sources.knowledge_date),
        ("aicheck:scan:hub", report.sources.hub),
        ("aicheck:scan:lock", report.sources.lock_path),
    ):
        if value:
            properties.append(prop(name, visible(value)))
    return {
        "timestamp": report.created,
        "lifecycles": [{"phase": "pre-build"}],
        "tools": tools,
        "component": subject,
        "properties": properties,
    }


def _document(report: Report, spec_version: str) -> Value:
    if spec_version not in SPEC_VERSIONS:
        raise ConfigError(f"CycloneDX {spec_version} is not written", hint=f"one of {', '.join(SPEC_VERSIONS)}")
    root = f"project:{report.project}"
    index = _index(report.components)
    top = frozenset(index.refs)
    by_ref: dict[str, Component] = {}
    components: list[Value] = []
    services: list[Value] = []
    hosted: dict[str, list[Component]] = {}
    served: dict[str, str] = {}
    for component in report.components:
        if component.ref in by_ref:
            raise ReportError(f"two components with the ref {component.ref!r}")
        by_ref[component.ref] = component
        if is_service(component):
            services.append(service_dict(component))
            continue
        components.append(component_dict(component, top, index.refs, index.datasets, mixed=spec_version != "1.6"))
        if isinstance(component.target, HostedModel):
            ref = served[component.ref] = _service_of(component, component.target, index)
            hosted.setdefault(ref, []).append(component)
    services.extend(host_service(ref, models) for ref, models in hosted.items() if ref not in by_ref)
    components.sort(key=lambda entry: str(entry["bom-ref"]))
    services.sort(key=lambda entry: str(entry["bom-ref"]))
    known = frozenset(str(entry["bom-ref"]) for entry in (*components, *services)) | {root}
    direct = report.roots or tuple(
        component.ref
        for component in report.components
        if component.references or not isinstance(component.target, Library)
    )
    document: Value = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec_version}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec_version,
        "serialNumber": "",
        "version": 1,
        "metadata": _metadata(report, root, cited=spec_version != "1.6"),
        "components": components,
    }
    if services:
        document["services"] = services
    document["dependencies"] = _dependencies(
        report.components, index, served, root, (ref for ref in direct if ref in known)
    )
    document["compositions"] = _compositions(report, root)
    annotations = _annotations(report, root, known)
    if annotations:
        document["annotations"] = annotations
    if spec_version != "1.6":
        citations = _citations(by_ref, components, report.created)
        if citations:
            document["citations"] = citations
    return document


_SERIAL: Final = f"urn:uuid:{uuid.UUID(int=0)}"


def _written(report: Report, spec_version: str) -> tuple[Value, bytes]:
    """The document and its bytes (indented, as orjson writes them), named by its content."""
    document = _document(report, spec_version)
    document["serialNumber"] = _SERIAL
    try:
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # lone surrogates of undecodable file names
        document = scrub(document)  # type: ignore[assignment] # an object stays an object
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    # As uuid.uuid5, which would decode and encode the whole document again.
    digest = hashlib.sha1(_NAMESPACE.bytes + content, usedforsecurity=False).digest()
    document["serialNumber"] = f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=5)}"
    return document, content.replace(_SERIAL.encode(), document["serialNumber"].encode(), 1)


def bom_dict(report: Report, spec_version: str = "1.6") -> Value:
    """The CycloneDX document as plain values.

    Raises `ConfigError` for a version that is not written, `ReportError` for components with the same ref.
    """
    return _written(report, spec_version)[0]


def checked(report: Report, spec_version: str) -> tuple[Value, bytes]:
    """The document and its bytes, validated by schema and by our own checks.

    Raises `ReportError` where it is invalid, which is a defect of aicheck.
    """
    from aicheck.report.bom_check import check_bom

    document, content = _written(report, spec_version)
    problems = check_bom(document, content)
    if problems:
        raise ReportError(
            f"the CycloneDX document is invalid ({len(problems)} problems; please report this): {problems[0]}"
        )
    return document, content


def render(report: Report, options: Options) -> bytes:
    """The BOM as indented JSON, validated first."""
    return escape_json(checked(report, options.spec_version)[1])
