"""Which of the 50 minimum elements of an SBOM for AI a document fills, and who has to fill the rest.

The elements are those of "Software Bill of Materials for Artificial Intelligence - Minimum Elements" (G7
Cybersecurity Working Group: BSI, ACN, ANSSI, CSE, CISA, NCSC, NCO with the European Commission, 12 May 2026),
which is voluntary. This is a description, not a gate: an element counts as filled where the document states it,
whether or not what it states is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from aicheck.core.frozen import dataclass
from aicheck.report.bom_check import components_of

__all__ = ["CLUSTERS", "Element", "coverage", "coverage_text"]

CLUSTERS: Final = (
    "metadata",
    "system level properties",
    "models",
    "dataset properties",
    "infrastructure",
    "security properties",
    "key performance indicators",
)

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Element:
    """One element as one document has it."""

    cluster: str
    name: str
    by: str
    """Who can fill it: `scan` (files, Hub listings, knowledge), `card` (only as far as the publisher's card
    states it), `people` (nothing that a scan reads says it)."""
    filled: int
    total: int
    """Of so many places (1 for the document, else the models or datasets); 0 = nothing it could apply to."""
    where: str
    """Where it stands or would stand in CycloneDX."""

    @property
    def state(self) -> str:
        """`filled`, `partly`, `missing`, or `not-applicable` where there is no model or dataset at all."""
        if self.total == 0:
            return "not-applicable"
        if self.filled == 0:
            return "missing"
        return "filled" if self.filled >= self.total else "partly"


class _View:
    """The parts of a document that the checks ask for."""

    def __init__(self, document: Value) -> None:
        self.document = document
        self.metadata: Value = document.get("metadata") or {}
        self.system: Value = self.metadata.get("component") or {}
        every = [part for pointer, part in components_of(document) if not pointer.startswith("/metadata")]
        ancestors = {
            id(one)
            for part in every
            for one in (part.get("pedigree") or {}).get("ancestors", ())
            if isinstance(one, dict)
        }
        own = [part for part in every if id(part) not in ancestors]
        self.models = [part for part in own if part.get("type") == "machine-learning-model"]
        self.datasets = [part for part in own if part.get("type") == "data"]
        self.software = [part for part in own if part.get("type") in {"library", "framework", "application"}]
        tools = self.metadata.get("tools") or {}
        self.tools: list[Value] = tools if isinstance(tools, list) else list(tools.get("components", ()))
        self.edges = [
            edge for edge in document.get("dependencies", ()) if edge.get("ref") and edge.get("dependsOn")
        ]
        self.dependent = {edge["ref"] for edge in self.edges} | {
            ref for edge in self.edges for ref in edge["dependsOn"]
        }


def _card(part: Value) -> Value:
    return part.get("modelCard") or {}


def _parameters(part: Value) -> Value:
    return _card(part).get("modelParameters") or {}


def _has_property(part: Value, *names: str) -> bool:
    found = [*part.get("properties", ()), *_card(part).get("properties", ())]
    return any(one.get("name", "").startswith(names) and one.get("value") for one in found)


def _hashed(part: Value) -> bool:
    return bool(part.get("hashes")) or any(_hashed(inner) for inner in part.get("components", ()))


def _reference(part: Value, *types: str) -> bool:
    return any(not types or one.get("type") in types for one in part.get("externalReferences", ()))


def _data(part: Value, key: str) -> bool:
    return any(one.get(key) for one in part.get("data", ()))


_Check = Callable[[_View], bool]
_PartCheck = Callable[[Value, _View], bool]

_DOCUMENT: Final[tuple[tuple[str, str, str, str, _Check], ...]] = (
    ("metadata", "SBOM author", "card", "metadata.authors / manufacturer",
     lambda v: bool(v.metadata.get("authors") or v.metadata.get("manufacturer"))),
    ("metadata", "SBOM version", "scan", "version", lambda v: bool(v.document.get("version"))),
    ("metadata", "data format name", "scan", "bomFormat", lambda v: bool(v.document.get("bomFormat"))),
    ("metadata", "data format version", "scan", "specVersion", lambda v: bool(v.document.get("specVersion"))),
    ("metadata", "author signature", "people", "signature (or a detached one)",
     lambda v: bool(v.document.get("signature"))),
    ("metadata", "tool name", "scan", "metadata.tools", lambda v: any(one.get("name") for one in v.tools)),
    ("metadata", "tool version", "scan", "metadata.tools", lambda v: any(one.get("version") for one in v.tools)),
    ("metadata", "generation context", "scan", "metadata.lifecycles",
     lambda v: bool(v.metadata.get("lifecycles"))),
    ("metadata", "timestamp", "scan", "metadata.timestamp", lambda v: bool(v.metadata.get("timestamp"))),
    ("metadata", "dependency relationships", "scan", "dependencies", lambda v: bool(v.edges)),
    ("system level properties", "system name", "scan", "metadata.component.name",
     lambda v: bool(v.system.get("name"))),
    ("system level properties", "system components", "scan", "components, services",
     lambda v: bool(v.document.get("components") or v.document.get("services"))),
    ("system level properties", "system producer", "people", "metadata.component.manufacturer",
     lambda v: bool(v.system.get("manufacturer") or v.system.get("supplier"))),
    ("system level properties", "system version", "scan", "metadata.component.version",
     lambda v: bool(v.system.get("version"))),
    ("system level properties", "system timestamp", "card", "metadata.component.releaseNotes.timestamp",
     lambda v: bool((v.system.get("releaseNotes") or {}).get("timestamp"))),
    ("system level properties", "data flow", "card", "services[].data",
     lambda v: any(one.get("data") for one in v.document.get("services", ()))),
    ("system level properties", "data usage", "people", "services[].data[].governance, formulation",
     lambda v: any(_data(one, "governance") for one in v.document.get("services", ()))),
    ("system level properties", "input and output properties", "card", "modelParameters of the models",
     lambda v: any(_parameters(one).get("inputs") for one in v.models)),
    ("system level properties", "intended application domain", "people", "modelCard.considerations.useCases",
     lambda v: bool((_card(v.system).get("considerations") or {}).get("useCases"))),
    ("infrastructure", "software", "scan", "components of type library or framework", lambda v: bool(v.software)),
    ("infrastructure", "hardware", "people", "components of type device",
     lambda v: any(part.get("type") == "device" for _, part in components_of(v.document))),
    ("security properties", "security controls", "people", "declarations",
     lambda v: bool(v.document.get("declarations"))),
    ("security properties", "security compliance", "card", "definitions.standards",
     lambda v: bool((v.document.get("definitions") or {}).get("standards"))),
    ("security properties", "cybersecurity policy information", "card", "externalReferences: security-contact",
     lambda v: _reference(v.system, "security-contact", "advisories", "threat-model")),
    ("security properties", "vulnerability references", "card", "vulnerabilities",
     lambda v: bool(v.document.get("vulnerabilities"))),
    ("key performance indicators", "security metrics", "people", "modelCard.quantitativeAnalysis",
     lambda v: any(_has_property(one, "aicheck:kpi:security") for one in v.models)),
    ("key performance indicators", "operational performance metrics", "card", "modelCard.quantitativeAnalysis",
     lambda v: any((_card(one).get("quantitativeAnalysis") or {}).get("performanceMetrics") for one in v.models)),
)  # fmt: skip

_MODELS: Final[tuple[tuple[str, str, str, _PartCheck], ...]] = (
    ("model name", "scan", "name", lambda p, _: bool(p.get("name"))),
    ("model identifier", "scan", "purl", lambda p, _: bool(p.get("purl") or p.get("cpe") or p.get("swid"))),
    ("model version", "scan", "version", lambda p, _: bool(p.get("version"))),
    ("model timestamp", "scan", "aicheck:card:created, releaseNotes",
     lambda p, _: bool(p.get("releaseNotes")) or _has_property(p, "aicheck:card:created", "aicheck:card:mod")),
    ("model producer", "scan", "manufacturer", lambda p, _: bool(p.get("manufacturer") or p.get("authors"))),
    ("model description", "card", "description", lambda p, _: bool(p.get("description"))),
    ("model hash value", "scan", "hashes of its files", lambda p, _: _hashed(p)),
    ("model hash algorithm", "scan", "hashes of its files", lambda p, _: _hashed(p)),
    ("model properties", "scan", "modelCard.modelParameters",
     lambda p, _: bool(_parameters(p).get("architectureFamily") or _parameters(p).get("modelArchitecture"))),
    ("input and output properties", "card", "modelParameters.inputs, outputs",
     lambda p, _: bool(_parameters(p).get("inputs") and _parameters(p).get("outputs"))),
    ("training properties", "card", "modelParameters.datasets, pedigree",
     lambda p, _: bool(_parameters(p).get("datasets") or _parameters(p).get("approach") or p.get("pedigree"))),
    ("model licence", "scan", "licenses", lambda p, _: bool(p.get("licenses"))),
    ("external references", "scan", "externalReferences", lambda p, _: _reference(p)),
)  # fmt: skip

_DATASETS: Final[tuple[tuple[str, str, str, _PartCheck], ...]] = (
    ("dataset name", "scan", "name", lambda p, _: bool(p.get("name"))),
    ("dataset description", "card", "description",
     lambda p, _: bool(p.get("description")) or _data(p, "description")),
    ("dataset content", "card", "data[].contents", lambda p, _: _data(p, "contents")),
    ("dataset identifier", "scan", "purl, bom-ref",
     lambda p, _: bool(p.get("purl") or p.get("bom-ref"))),
    ("dataset hash", "card", "hashes", lambda p, _: _hashed(p)),
    ("dataset provenance", "card", "data[].governance, pedigree",
     lambda p, _: _data(p, "governance") or bool(p.get("pedigree") or p.get("manufacturer"))),
    ("statistical properties", "card", "data[].graphics", lambda p, _: _data(p, "graphics")),
    ("dataset sensitivity", "card", "data[].sensitiveData, classification",
     lambda p, _: _data(p, "sensitiveData") or _data(p, "classification")),
    ("dependency relationships", "scan", "dependencies", lambda p, v: p.get("bom-ref") in v.dependent),
    ("dataset licence", "scan", "licenses", lambda p, _: bool(p.get("licenses"))),
)  # fmt: skip


def coverage(document: Value) -> list[Element]:
    """The 50 elements of a CycloneDX document, in the order of the clusters."""
    view = _View(document)
    found: list[Element] = [
        Element(cluster, name, by, int(check(view)), 1, where) for cluster, name, by, where, check in _DOCUMENT
    ]
    for cluster, parts, rows in (
        ("models", view.models, _MODELS),
        ("dataset properties", view.datasets, _DATASETS),
    ):
        for name, by, where, check in rows:
            filled = sum(1 for part in parts if check(part, view))
            found.append(Element(cluster, name, by, filled, len(parts), where))
    order = {cluster: number for number, cluster in enumerate(CLUSTERS)}
    return sorted(found, key=lambda element: order[element.cluster])


_STATES: Final = {"filled": "yes", "partly": "part", "missing": "no", "not-applicable": "-"}
_SOURCES: Final = {"scan": "scan", "card": "card, if it says so", "people": "needs people"}


def _lines(elements: list[Element]) -> Iterator[str]:
    yield "Minimum elements of an SBOM for AI (G7, 12 May 2026): what the document states"
    yield ""
    yield f"  {'state':<5}{'places':>9}  {'element':<34}who can fill it"
    for cluster in CLUSTERS:
        rows = [element for element in elements if element.cluster == cluster]
        states = [element.state for element in rows]
        partly = f", {states.count('partly')} partly" if "partly" in states else ""
        yield f"{cluster} ({states.count('filled')} of {len(rows)} filled{partly})"
        for element in rows:
            count = f"{element.filled}/{element.total}" if element.total > 1 else ""
            yield f"  {_STATES[element.state]:<5}{count:>9}  {element.name:<34}{_SOURCES[element.by]}".rstrip()
        yield ""


def coverage_text(elements: list[Element]) -> str:
    """The table for people, at most 80 columns."""
    states = [element.state for element in elements]
    missing = [element for element in elements if element.state in {"missing", "partly"}]
    by = {who: sum(1 for element in missing if element.by == who) for who in _SOURCES}
    legend = [
        "yes: stated   part: of some models or datasets   no: not stated   -: no subject",
        "scan: aicheck states it where files, Hub or knowledge do; offline it sees less",
        "card: as far as the publisher's card states it   people: nothing a scan reads",
    ]
    summary = (
        f"{states.count('filled')} of {len(elements)} filled, {states.count('partly')} partly, "
        f"{states.count('missing')} not, {states.count('not-applicable')} without a subject."
    )
    rest = f"Could still be filled: {by['scan']} by scan, {by['card']} by card, {by['people']} by people."
    return "\n".join([*_lines(elements), *legend, "", summary, rest]) + "\n"
