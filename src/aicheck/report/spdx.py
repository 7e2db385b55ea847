"""SPDX 3.0.1 (JSON-LD) with the AI and Dataset profiles.

A profile is claimed only where every element has what the profile makes mandatory: a release date that nobody
states is left out rather than invented, and the document then claims one profile less and says what it lacks.
Facts that have no place in SPDX (countries, lists, hosting, terms of licences) travel as `aicheck:*` properties in
SPDX's own extension for CycloneDX properties.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from aicheck.core.component import Component, License
from aicheck.core.evidence import Fact, Known, value_of
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, HubDataset, HubModel, Kind
from aicheck.errors import ReportError
from aicheck.report import Options
from aicheck.report.cyclonedx_properties import properties_of
from aicheck.report.facts import MODEL_KINDS, declared_licenses, lineage_text
from aicheck.report.plain import dump
from aicheck.report.safety import percent, scrub, visible

__all__ = ["CONTEXT", "missing", "problems", "render"]

Value = dict[str, Any]

CONTEXT: Final = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_NO_LICENSE: Final = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
"""The individual of the 3.0.1 model; `…/NoAssertion`, as some libraries write it, is not an element of it."""
_CREATION: Final = "_:creation"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:aicheck:spdx")
# The document is written with this in front of every id and gets its own name, made of the content, at the end.
_BASE: Final = f"urn:uuid:{uuid.UUID(int=0)}#"
_IRI_LIMIT: Final = 400
_PLACES: Final = 100
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_EXPRESSION: Final = re.compile(r"[A-Za-z0-9.+:() -]+\Z")
_PURL_SAFE: Final = "/:?#@!$&'()*+,;=~-._%"

# Mandatory by the profiles' prose (SPDX 3.0.1, AI/AIPackage and Dataset/DatasetPackage), which neither the JSON
# Schema nor the SHACL shapes enforce.
_MANDATORY: Final = {
    "ai_AIPackage": (
        "releaseTime",
        "suppliedBy",
        "software_downloadLocation",
        "software_packageVersion",
        "software_primaryPurpose",
    ),
    "dataset_DatasetPackage": (
        "originatedBy",
        "releaseTime",
        "software_downloadLocation",
        "software_primaryPurpose",
        "dataset_datasetType",
        "builtTime",
    ),
}
_PROFILES: Final = {"ai_AIPackage": "ai", "dataset_DatasetPackage": "dataset"}
# Not `extension`: the official context of 3.0.1 reads that word as the property of the same name, and the SHACL
# shapes then refuse it. A profile need not be claimed for its classes to be used.
_CLAIMED: Final = ("core", "software", "simpleLicensing", "ai", "dataset")


def missing(document: Value) -> dict[str, list[str]]:
    """Per profile (`ai`, `dataset`): what its elements lack, as `<spdxId>: <field>`; {} = both are met."""
    relations: dict[tuple[str, str], int] = {}
    for element in document["@graph"]:
        if element.get("type") == "Relationship":
            key = (str(element.get("from")), str(element.get("relationshipType")))
            relations[key] = relations.get(key, 0) + 1
    result: dict[str, list[str]] = {}
    for element in document["@graph"]:
        kind = str(element.get("type"))
        for name in _MANDATORY.get(kind, ()):
            if not element.get(name):
                result.setdefault(_PROFILES[kind], []).append(f"{element['spdxId']}: {name}")
        if kind == "ai_AIPackage":
            for relation in ("hasConcludedLicense", "hasDeclaredLicense"):
                if relations.get((element["spdxId"], relation), 0) != 1:
                    result.setdefault("ai", []).append(f"{element['spdxId']}: {relation}")
    return result


def problems(document: Value) -> list[str]:
    """What would make a document of ours wrong in ways that no schema sees: ids that stand twice, references to
    nothing, a profile that is claimed and not met; [] = sound.
    """  # noqa: D205 - one sentence
    graph = document["@graph"]
    known = {_NO_LICENSE}
    found: list[str] = []
    for element in graph:
        ref = element.get("spdxId") or element["@id"]
        if ref in known:
            found.append(f"{ref}: stands twice")
        known.add(ref)
    for element in graph:
        ref = element.get("spdxId", _CREATION)
        for name in ("from", "suppliedBy", "creationInfo", "to", "originatedBy", "element", "rootElement"):
            value = element.get(name, ())
            found.extend(
                f"{ref}: {name} points at {one}, which is not there"
                for one in ((value,) if isinstance(value, str) else value)
                if one not in known
            )
    claimed = next(one for one in graph if one["type"] == "SpdxDocument")["profileConformance"]
    for profile, lacking in missing(document).items():
        if profile in claimed:
            found.extend(lacking)
    return found


def _time(text: str | None) -> str | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else None  # noqa: PLR2004 - four digits


def _suffix(kind: str, name: str) -> str:
    quoted = percent(name)
    if len(quoted) > _IRI_LIMIT:
        # Long names stay different names.
        quoted = quoted[:_IRI_LIMIT] + "-" + hashlib.sha256(quoted.encode()).hexdigest()[:32]
    return f"{kind}-{quoted}"


class _Writer:
    """The elements of one document, each once."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.elements: list[Value] = []
        self.shared: dict[str, str] = {}
        """Suffix → id of what several elements refer to: organisations, licences, ancestors, data."""

    def add(self, cls: str, suffix: str, title: str | None = None) -> Value:
        element: Value = {"type": cls, "spdxId": _BASE + suffix, "creationInfo": _CREATION}
        if title is not None:
            element["name"] = visible(title, 1024)
        self.elements.append(element)
        return element

    def agent(self, name: str, country: str | None = None) -> str:
        suffix = _suffix("organization", name)
        if suffix not in self.shared:
            element = self.add("Organization", suffix, name)
            if country:
                element["comment"] = f"country: {country}"
            self.shared[suffix] = element["spdxId"]
        return self.shared[suffix]

    def relate(self, source: str, kind: str, targets: list[str], **more: str) -> None:
        suffix = f"relationship-{kind}-{source.removeprefix(_BASE)}"
        element = self.add("Relationship", suffix)
        element.update({"from": source, "relationshipType": kind, "to": sorted(set(targets)), **more})

    def license(self, expression: str | None) -> str:
        if not expression or not _EXPRESSION.match(expression):
            return _NO_LICENSE
        suffix = _suffix("license", expression)
        if suffix not in self.shared:
            element = self.add("simplelicensing_LicenseExpression", suffix)
            element["simplelicensing_licenseExpression"] = expression
            self.shared[suffix] = element["spdxId"]
        return self.shared[suffix]

    def licenses(self, owner: str, fact: Fact[License]) -> None:
        declared = declared_licenses(fact)
        # Several contradicting declarations are no declaration that one expression could carry.
        expression = declared[0].value.expression if len(declared) == 1 else None
        self.relate(owner, "hasDeclaredLicense", [self.license(expression)])
        concluded = fact.value.expression if isinstance(fact, Known) else None
        self.relate(owner, "hasConcludedLicense", [self.license(concluded)])

    def package(self, component: Component) -> str:
        target = component.target
        name = component.resolved_id or component.name
        if component.kind in MODEL_KINDS:
            element = self.add("ai_AIPackage", _suffix("model", component.ref), name)
            element["software_primaryPurpose"] = "model"
            _card(element, component)
        elif component.kind is Kind.DATASET:
            element = self.add("dataset_DatasetPackage", _suffix("dataset", component.ref), name)
            element["software_primaryPurpose"] = "data"
            element["dataset_datasetType"] = ["noAssertion"]
        else:
            element = self.add("software_Package", _suffix("package", component.ref), name)
            element["software_primaryPurpose"] = "library" if component.kind is Kind.LIBRARY else "application"
        commit = value_of(component.revision.commit)
        if component.version or commit:
            element["software_packageVersion"] = visible(component.version or commit or "", 1024)
        if component.purl and component.purl.startswith("pkg:"):
            element["software_packageUrl"] = percent(component.purl, safe=_PURL_SAFE)
        if isinstance(target, HubModel | HubDataset):
            kind = "datasets/" if isinstance(target, HubDataset) else ""
            tree = f"/tree/{percent(commit)}" if commit else ""
            home = f"https://huggingface.co/{kind}{percent(name, safe='/-._')}"
            element["software_homePage"] = home
            element["software_downloadLocation"] = home + tree
            element["suppliedBy"] = self.agent("Hugging Face")
        hosting = value_of(component.hosting)
        if hosting is not None and (hosting.operator or hosting.provider_name) and not hosting.local:
            operator = hosting.operator or hosting.provider_name or ""
            element["suppliedBy"] = self.agent(operator, hosting.operator_country)
        developer = value_of(component.developer) or value_of(component.publisher)
        if developer is not None and component.kind is not Kind.LIBRARY:
            element["originatedBy"] = [self.agent(developer.name, developer.country)]
        created = _time(component.card.created)
        if created is not None:
            element["releaseTime"] = created
            if component.kind is Kind.DATASET:
                element["builtTime"] = created
        if component.card.summary:
            element["summary"] = visible(component.card.summary, 2000)
        places = _places(component)
        if places:
            element["comment"] = places
        element["extension"] = [
            {
                "type": "extension_CdxPropertiesExtension",
                "extension_cdxProperty": [
                    {
                        "type": "extension_CdxPropertyEntry",
                        "extension_cdxPropName": one["name"],
                        "extension_cdxPropValue": visible(one["value"]),
                    }
                    for one in properties_of(component)
                ],
            }
        ]
        ref: str = element["spdxId"]
        self.licenses(ref, component.license)
        self.files(ref, component)
        return ref

    def files(self, owner: str, component: Component) -> None:
        weights = value_of(component.weights)
        if weights is None or not weights.files:
            return
        found = []
        for one in {file.path: file for file in weights.files}.values():
            element = self.add("software_File", _suffix("file", f"{component.ref}#{one.path}"), one.path)
            element["software_primaryPurpose"] = "model"
            if one.sha256 and _HEX64.match(one.sha256.lower()):
                digest = {"type": "Hash", "algorithm": "sha256", "hashValue": one.sha256.lower()}
                element["verifiedUsing"] = [digest]
            found.append(element["spdxId"])
        self.relate(owner, "contains", found)

    def named(self, kind: str, purpose: str, name: str) -> tuple[str, Value | None]:
        """A package of which no more than the name is known (an ancestor, training data), and whether it is new.

        It is a plain package: the AI and Dataset profiles would demand facts about it that nobody looked up.
        """
        suffix = _suffix(kind, name)
        if suffix in self.shared:
            return self.shared[suffix], None
        element = self.add("software_Package", suffix, name)
        element["software_primaryPurpose"] = purpose
        self.shared[suffix] = element["spdxId"]
        return self.shared[suffix], element

    def lineage(self, component: Component, source: str, models: dict[str, str], datasets: dict[str, str]) -> None:
        parents = []
        for ancestor in component.lineage.ancestors:
            if ancestor.id in models:
                parents.append(models[ancestor.id])
                continue
            ref, element = self.named("ancestor", "model", ancestor.id)
            if element is not None:
                developer = value_of(ancestor.developer)
                if developer is not None:
                    element["originatedBy"] = [self.agent(developer.name, developer.country)]
                if ancestor.commit:
                    element["software_packageVersion"] = visible(ancestor.commit, 1024)
            parents.append(ref)
        parents = [one for one in parents if one != source]
        if parents:
            complete = isinstance(component.lineage.complete, Known)
            self.relate(
                source,
                "descendantOf",
                parents,
                comment=visible(lineage_text(component), 4096),
                completeness="complete" if complete else "incomplete",
            )
        trained = {*component.card.datasets, *(one.id for one in component.lineage.data if one.kind == "dataset")}
        if trained:
            refs = [datasets.get(name) or self.named("data", "data", name)[0] for name in sorted(trained)]
            # A card names some of the data; none says that these are all.
            self.relate(source, "trainedOn", refs, completeness="noAssertion")


def _card(element: Value, component: Component) -> None:
    card = component.card
    if card.architecture or card.architecture_family:
        kinds = (card.architecture_family, card.architecture)
        element["ai_typeOfModel"] = list(dict.fromkeys(visible(one, 255) for one in kinds if one))
    if card.task:
        element["ai_domain"] = [visible(card.task, 255)]
    if card.limitations:
        element["ai_limitation"] = visible(card.limitations, 2000)
    if card.acceptable_use:
        element["ai_informationAboutApplication"] = visible(f"acceptable use: {card.acceptable_use}", 2000)
    if card.training_summary:
        element["ai_informationAboutTraining"] = visible(
            f"summary of training content: {card.training_summary}", 2000
        )
    if card.metrics:
        element["ai_metric"] = [
            {
                "type": "DictionaryEntry",
                "key": visible(f"{name} ({on})" if on else name, 255),
                "value": visible(value, 255),
            }
            for name, value, on in card.metrics
        ]
    entries = (
        ("parameters", card.parameters),
        ("context_length", card.context_length),
        ("quantization", card.quantization),
    )
    found = [
        {"type": "DictionaryEntry", "key": key, "value": visible(str(value), 255)}
        for key, value in entries
        if value
    ]
    if found:
        element["ai_hyperparameter"] = found


def _places(component: Component) -> str:
    """Where the project refers to it: `app.py:14:35 (load); …`."""
    found = sorted(
        {
            (one.occurrence.path, one.occurrence.line, one.occurrence.column, one.occurrence.use.value)
            for one in component.references
        }
    )
    text = "; ".join(
        f"{visible(path, 1024)}:{line}:{column} ({use})" for path, line, column, use in found[:_PLACES]
    )
    more = f"; and {len(found) - _PLACES} more" if len(found) > _PLACES else ""
    return f"referred to at {text}{more}" if text else ""


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """The document as JSON-LD, elements ordered by their id.

    Raises `ReportError` where it is unsound, which is a defect of aicheck.
    """
    writer = _Writer(report)
    tool = writer.add("Tool", _suffix("tool", report.tool.name), f"{report.tool.name} {report.tool.version}")
    # The author of a scan is not known to it; SPDX asks for an agent.
    author = writer.agent("The user of aicheck")
    project = writer.add("software_Package", _suffix("project", report.project), report.project or "project")
    project["software_primaryPurpose"] = "application"
    if report.project_version:
        project["software_packageVersion"] = visible(report.project_version, 1024)
    root: str = project["spdxId"]
    refs: dict[str, str] = {}
    models: dict[str, str] = {}
    datasets: dict[str, str] = {}
    for component in report.components:
        if isinstance(component.target, Endpoint):
            continue  # hosts are no packages; those who run them supply the models
        refs[component.ref] = writer.package(component)
        if component.kind in MODEL_KINDS:
            models.setdefault(component.resolved_id or component.name, refs[component.ref])
        elif component.kind is Kind.DATASET:
            datasets.setdefault(component.resolved_id or component.name, refs[component.ref])
    for component in report.components:
        if component.ref in refs:
            writer.lineage(component, refs[component.ref], models, datasets)
    if refs:
        # A scan never proves that it saw everything.
        completeness = "incomplete" if report.gaps else "noAssertion"
        writer.relate(root, "dependsOn", list(refs.values()), completeness=completeness)
    ids = sorted(element["spdxId"] for element in writer.elements)
    sbom = writer.add("software_Sbom", _suffix("sbom", report.project), report.project or "project")
    sbom.update(rootElement=[root], element=ids, software_sbomType=["source"])
    whole = writer.add("SpdxDocument", _suffix("document", report.project), report.project or "project")
    whole.update(rootElement=[sbom["spdxId"]], element=[*ids, sbom["spdxId"]])
    creation = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": _time(report.created) or "1970-01-01T00:00:00Z",
        "createdBy": [author],
        "createdUsing": [tool["spdxId"]],
    }
    writer.elements.sort(key=lambda element: str(element["spdxId"]))
    document: Value = {"@context": CONTEXT, "@graph": [creation, *writer.elements]}
    lacking = missing(document)
    whole["profileConformance"] = [name for name in _CLAIMED if name not in lacking]
    if lacking:
        whole["comment"] = visible(
            "profiles not claimed, because nobody states what they require: "
            + "; ".join(f"{name} ({len(rows)} fields)" for name, rows in sorted(lacking.items()))
        )
    wrong = problems(document)
    if wrong:
        raise ReportError(f"the SPDX document is unsound ({len(wrong)} problems; please report this): {wrong[0]}")
    try:
        content = orjson.dumps(document)
    except TypeError:  # lone surrogates of undecodable file names
        document = scrub(document)  # type: ignore[assignment] # an object stays an object
        content = orjson.dumps(document)
    digest = hashlib.sha1(_NAMESPACE.bytes + content, usedforsecurity=False).digest()
    name = f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=5)}#"
    return dump(document).replace(_BASE.encode(), name.encode())
