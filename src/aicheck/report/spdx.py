"""SPDX 3.0.1 (JSON-LD) with the AI and Dataset profiles; needs the extra `[spdx]`.

A profile is claimed only where every element has what the profile makes mandatory: a release date that nobody
states is left out rather than invented, and the document then claims one profile less.
"""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from aicheck.core.component import Component, License
from aicheck.core.evidence import Fact, Known, value_of
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, HubDataset, HubModel, Kind
from aicheck.errors import ConfigError
from aicheck.report import Options
from aicheck.report.facts import MODEL_KINDS, declared_licenses
from aicheck.report.plain import dump
from aicheck.report.safety import percent, visible

__all__ = ["missing", "render"]

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:aicheck:spdx")
_IRI_LIMIT: Final = 400
_NO_LICENSE: Final = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertion"
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")
_EXPRESSION: Final = re.compile(r"[A-Za-z0-9.+:() -]+\Z")

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


def missing(document: dict[str, Any]) -> dict[str, list[str]]:
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


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class _Writer:
    """Builds the elements of one document with the official bindings."""

    def __init__(self, report: Report, model: Any) -> None:
        self.report = report
        self.model = model
        self.base = f"urn:uuid:{uuid.uuid5(_NAMESPACE, percent(report.project) + report.created)}#"
        self.elements: list[Any] = []
        self.ids: dict[str, str] = {}
        self.creation = model.CreationInfo()
        self.creation._id = "_:creation"  # noqa: SLF001 - the bindings' own spelling of a blank node
        self.creation.specVersion = "3.0.1"
        self.creation.created = _time(report.created) or datetime(1970, 1, 1, tzinfo=UTC)

    def iri(self, kind: str, name: str) -> str:
        quoted = percent(name)
        if len(quoted) > _IRI_LIMIT:
            # Long names stay different names.
            quoted = quoted[:_IRI_LIMIT] + "-" + hashlib.sha256(quoted.encode()).hexdigest()[:32]
        return f"{self.base}{kind}-{quoted}"

    def add(self, cls: str, kind: str, name: str, title: str | None = None) -> Any:
        element = getattr(self.model, cls)()
        element._id = self.iri(kind, name)  # noqa: SLF001 - as above
        element.creationInfo = self.creation
        if title is not None:
            element.name = visible(title, 1024)
        self.elements.append(element)
        return element

    def agent(self, name: str, country: str | None = None) -> str:
        key = f"organization:{name}"
        if key not in self.ids:
            element = self.add("Organization", "organization", name, name)
            if country:
                element.comment = f"country: {country}"
            self.ids[key] = element._id  # noqa: SLF001 - as above
        return self.ids[key]

    def relate(self, source: str, kind: str, targets: list[str]) -> None:
        element = self.add("Relationship", "relationship", f"{kind}-{source.removeprefix(self.base)}")
        element.from_ = source
        element.relationshipType = getattr(self.model.RelationshipType, kind)
        element.to = sorted(set(targets))

    def license(self, expression: str | None) -> str:
        if not expression or not _EXPRESSION.match(expression):
            return _NO_LICENSE
        key = f"license:{expression}"
        if key not in self.ids:
            element = self.add("simplelicensing_LicenseExpression", "license", expression)
            element.simplelicensing_licenseExpression = expression
            self.ids[key] = element._id  # noqa: SLF001 - as above
        return self.ids[key]

    def licenses(self, owner: str, fact: Fact[License]) -> None:
        declared = declared_licenses(fact)
        # Several contradicting declarations are no declaration that one expression could carry.
        expression = declared[0].value.expression if len(declared) == 1 else None
        self.relate(owner, "hasDeclaredLicense", [self.license(expression)])
        concluded = fact.value.expression if isinstance(fact, Known) else None
        self.relate(owner, "hasConcludedLicense", [self.license(concluded)])

    def package(self, component: Component) -> str:
        purpose = self.model.software_SoftwarePurpose
        target = component.target
        is_model = component.kind in MODEL_KINDS
        name = component.resolved_id or component.name
        if is_model:
            element = self.add("ai_AIPackage", "model", component.ref, name)
            element.software_primaryPurpose = purpose.model
            self.card(element, component)
        elif component.kind is Kind.DATASET:
            element = self.add("dataset_DatasetPackage", "dataset", component.ref, name)
            element.software_primaryPurpose = purpose.data
            element.dataset_datasetType = [self.model.dataset_DatasetType.noAssertion]
        else:
            element = self.add("software_Package", "package", component.ref, name)
            element.software_primaryPurpose = (
                purpose.library if component.kind is Kind.LIBRARY else purpose.application
            )
        commit = value_of(component.revision.commit)
        if component.version or commit:
            element.software_packageVersion = component.version or commit
        if component.purl and component.purl.startswith("pkg:"):
            element.software_packageUrl = percent(component.purl, safe="/:?#@!$&'()*+,;=~-._%")
        if isinstance(target, HubModel | HubDataset):
            kind = "datasets/" if isinstance(target, HubDataset) else ""
            tree = f"/tree/{commit}" if commit else ""
            element.software_downloadLocation = f"https://huggingface.co/{kind}{percent(name, safe='/-._')}{tree}"
            element.suppliedBy = self.agent("Hugging Face")
        hosting = value_of(component.hosting)
        if hosting is not None and (hosting.operator or hosting.provider_name):
            operator = hosting.operator or hosting.provider_name or ""
            element.suppliedBy = self.agent(operator, hosting.operator_country)
        developer = value_of(component.developer) or value_of(component.publisher)
        if developer is not None and component.kind is not Kind.LIBRARY:
            element.originatedBy = [self.agent(developer.name, developer.country)]
        created = _time(component.card.created)
        if created is not None:
            element.releaseTime = created
            if component.kind is Kind.DATASET:
                element.builtTime = created
        if component.card.summary:
            element.summary = visible(component.card.summary, 2000)
        ref: str = element._id  # noqa: SLF001 - as above
        self.licenses(ref, component.license)
        self.files(ref, component)
        return ref

    def card(self, element: Any, component: Component) -> None:
        card = component.card
        if card.architecture or card.architecture_family:
            kinds = (card.architecture_family, card.architecture)
            element.ai_typeOfModel = [visible(one, 255) for one in kinds if one]
        if card.task:
            element.ai_domain = [visible(card.task, 255)]
        if card.limitations:
            element.ai_limitation = visible(card.limitations, 2000)
        if card.parameters:
            entry = self.model.DictionaryEntry()
            entry.key, entry.value = "parameters", str(card.parameters)
            element.ai_hyperparameter = [entry]

    def files(self, owner: str, component: Component) -> None:
        weights = value_of(component.weights)
        if weights is None or not weights.files:
            return
        found = []
        for one in weights.files:
            element = self.add("software_File", "file", f"{component.ref}#{one.path}", one.path)
            if one.sha256 and _HEX64.match(one.sha256.lower()):
                digest = self.model.Hash()
                digest.algorithm = self.model.HashAlgorithm.sha256
                digest.hashValue = one.sha256.lower()
                element.verifiedUsing = [digest]
            found.append(element._id)  # noqa: SLF001 - as above
        self.relate(owner, "contains", found)

    def lineage(self, component: Component, source: str, known: dict[str, str]) -> None:
        parents = []
        for ancestor in component.lineage.ancestors:
            if ancestor.id not in known:
                element = self.add("software_Package", "ancestor", ancestor.id, ancestor.id)
                element.software_primaryPurpose = self.model.software_SoftwarePurpose.model
                developer = value_of(ancestor.developer)
                if developer is not None:
                    element.originatedBy = [self.agent(developer.name, developer.country)]
                known[ancestor.id] = element._id  # noqa: SLF001 - as above
            parents.append(known[ancestor.id])
        if parents:
            self.relate(source, "descendantOf", parents)
        trained = [known[name] for name in component.card.datasets if name in known]
        if trained:
            self.relate(source, "trainedOn", trained)


def render(report: Report, options: Options) -> bytes:  # noqa: ARG001 - every format has this signature
    """The document as JSON-LD, elements ordered by their id.

    Raises `ConfigError` where the extra is not installed.
    """
    try:
        from spdx_python_model import v3_0_1 as model
    except ImportError as error:
        raise ConfigError("SPDX needs the extra [spdx]", hint="pip install 'aicheck-cli[spdx]'") from error
    writer = _Writer(report, model)
    tool = writer.add("Tool", "tool", report.tool.name, f"{report.tool.name} {report.tool.version}")
    # The author of a scan is not known to it; SPDX asks for an agent.
    writer.creation.createdBy = [writer.agent("The user of aicheck")]
    writer.creation.createdUsing = [tool._id]  # noqa: SLF001 - as above
    project = writer.add("software_Package", "project", report.project, report.project)
    project.software_primaryPurpose = model.software_SoftwarePurpose.application
    if report.project_version:
        project.software_packageVersion = report.project_version
    root: str = project._id  # noqa: SLF001 - as above
    refs: dict[str, str] = {}
    known: dict[str, str] = {}
    for component in report.components:
        if isinstance(component.target, Endpoint):
            continue  # hosts are no packages; those who run them supply the models
        refs[component.ref] = writer.package(component)
        known.setdefault(component.resolved_id or component.name, refs[component.ref])
    for component in report.components:
        if component.ref in refs:
            writer.lineage(component, refs[component.ref], known)
    if refs:
        writer.relate(root, "dependsOn", list(refs.values()))
    ids = sorted({element._id for element in writer.elements})  # noqa: SLF001 - as above
    sbom = writer.add("software_Sbom", "sbom", report.project, report.project)
    sbom.rootElement, sbom.element = [root], ids
    document = writer.add("SpdxDocument", "document", report.project, report.project)
    document.rootElement = [sbom._id]  # noqa: SLF001 - as above
    document.element = [*ids, sbom._id]  # noqa: SLF001 - as above
    profiles = model.ProfileIdentifierType
    claimed = [profiles.core, profiles.software, profiles.simpleLicensing, profiles.ai, profiles.dataset]
    lacking = missing(_serialise(model, writer))
    for name in lacking:
        claimed.remove(getattr(profiles, name))
    document.profileConformance = claimed
    if lacking:
        document.comment = visible(
            "profiles not claimed, because nobody states what they require: "
            + "; ".join(f"{name} ({len(rows)} fields)" for name, rows in sorted(lacking.items()))
        )
    return dump(_serialise(model, writer))


def _serialise(model: Any, writer: _Writer) -> dict[str, Any]:
    objects = model.SHACLObjectSet(writer.elements)
    stream = io.BytesIO()
    model.JSONLDSerializer().write(objects, stream, force_at_graph=True)
    document: dict[str, Any] = orjson.loads(stream.getvalue())
    document["@graph"].sort(key=lambda one: (one.get("spdxId") or "", one.get("@id") or ""))
    return document
