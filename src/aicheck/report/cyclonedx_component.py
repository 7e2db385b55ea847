"""One component or service of the AI-BOM as CycloneDX writes it, in plain values.

The shapes are those of cyclonedx-python-lib, which is the oracle in the tests; it is not the writer, because it
has no model card, no `data` and no compositions, and building its objects costs ten times the whole document.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import unquote

from aicheck.core.component import Ancestor, Component, Hosting, License, Organization, Weights
from aicheck.core.evidence import Claim, ClaimSource, Disputed, Fact, Known, claims_of, value_of
from aicheck.core.reference import Reference, Use
from aicheck.core.target import (
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Kind,
    Library,
    RegistryModel,
    ToolServer,
)
from aicheck.report.cyclonedx_card import free_text, model_card
from aicheck.report.cyclonedx_properties import hosting_properties, prop, properties_of
from aicheck.report.facts import declared_licenses, lineage_text
from aicheck.report.safety import percent, visible

__all__ = ["component_dict", "host_service", "is_service", "license_choices", "service_dict", "service_ref"]

_NOTES_LIMIT: Final = 4096
_OCCURRENCES: Final = 500
_HUB: Final = "https://huggingface.co"
_HEX64: Final = re.compile(r"[0-9a-f]{64}\Z")

_TYPES: Final = {
    Kind.MODEL: "machine-learning-model",
    Kind.HOSTED_MODEL: "machine-learning-model",
    Kind.REGISTRY_MODEL: "machine-learning-model",
    Kind.WEIGHTS: "machine-learning-model",
    Kind.ADAPTER: "machine-learning-model",
    Kind.UNRESOLVABLE: "machine-learning-model",
    Kind.DATASET: "data",
    Kind.LIBRARY: "library",
    Kind.TOOL_SERVER: "application",
}
_TECHNIQUES: Final = {
    Use.CONFIG: "manifest-analysis",
    Use.DEPLOY: "manifest-analysis",
    Use.DEPENDENCY: "manifest-analysis",
    Use.PRESENT: "filename",
}
Value = dict[str, Any]


_LINK: Final = re.compile(r"https?://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:[/?#]|\Z)")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?\Z")


@lru_cache(maxsize=4096)  # a document names few licences, and each of them thousands of times
def _link(text: str | None) -> str | None:
    """A web link that every validator takes, else None: cards are free to write anything there."""
    if not text or not _LINK.match(text):
        return None
    address, hash_sign, fragment = text.partition("#")
    quoted = (
        percent(address, safe="/:?@!$&'()*+,;=~-._%") + hash_sign + percent(fragment, safe="/:?@!$&'()*+,;=~-._%")
    )
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quoted)


def _endpoint(host: str | None, *, local: bool = False) -> str | None:
    """The address of a host; None where the code gives something that is none."""
    if host is None or not _HOST.match(host):
        return None
    return f"{'http' if local else 'https'}://{host}"


@cache
def _license_shape(expression: str) -> tuple[str, str]:
    """(`id` | `name` | `expression`, value) for an SPDX id, a LicenseRef or free text, a compound expression."""
    from aicheck.report.bom_check import spdx_id

    known = spdx_id(expression)
    if known is not None:
        return "id", known
    if re.search(r"\s(?:AND|OR|WITH)\s", expression):
        # LicenseRefs of our own are unknown to the library's list, but well-formed inside an expression.
        from cyclonedx.spdx import is_expression  # its tables of licences cost more than the rest of a small BOM

        neutral = re.sub(r"LicenseRef-[A-Za-z0-9.-]+", "MIT", expression)
        if is_expression(neutral):
            return "expression", expression
    return "name", expression


def _license(terms: License, acknowledgement: str) -> tuple[str, Value]:
    return _license_entry(terms.expression or terms.name or "unknown", terms.link, acknowledgement)


@lru_cache(maxsize=4096)
def _license_entry(text: str, link: str | None, acknowledgement: str) -> tuple[str, Value]:
    """The entry is shared between components: whoever changes one copies it first."""
    shape, value = _license_shape(visible(text, 255))
    if shape == "expression":
        return shape, {"expression": value, "acknowledgement": acknowledgement}
    body: Value = {shape: value, "acknowledgement": acknowledgement}
    url = _link(link)
    if url:
        body["url"] = url
    return shape, {"license": body}


def license_choices(fact: Fact[License], *, mixed: bool = False) -> list[Value]:
    """Declared by the publisher and concluded by us. Before 1.7 (`mixed`) a compound expression stands alone, as
    the schema asks: the conclusion before the declaration, both in the properties.
    """  # noqa: D205 - one sentence
    if not isinstance(fact, Known | Disputed):
        return []
    entries = [_license(claim.value, "declared") for claim in declared_licenses(fact)]
    if isinstance(fact, Known):
        concluded = _license(fact.value, "concluded")
        if concluded[0] == "expression" and not mixed:
            return [concluded[1]]
        entries.append(concluded)
    single = [value for shape, value in entries if shape == "expression"]
    return single[:1] if single and not mixed else [value for _, value in entries]


def _organization(organization: Organization | None, url: str | None = None) -> Value | None:
    if organization is None:
        return None
    entity: Value = {"name": visible(organization.legal_entity or organization.name, 255)}
    if organization.country:
        entity["address"] = {"country": organization.country}
    if url:
        entity["url"] = [url]
    return entity


def _hub_url(target: HubModel | HubDataset, name: str) -> str:
    kind = "datasets/" if isinstance(target, HubDataset) else ""
    return f"{_HUB}/{kind}{percent(name, safe='/-._')}"


_COMMIT: Final = re.compile(r"[0-9A-Fa-f]{7,64}\Z")


def _commit(component: Component) -> str | None:
    """The commit where it is one: documents of others may say anything."""
    commit = value_of(component.revision.commit)
    return commit if commit and _COMMIT.match(commit) else None


def _references(component: Component) -> list[Value]:
    target = component.target
    result: list[Value] = []
    if isinstance(target, HubModel | HubDataset):
        hub = _hub_url(target, component.resolved_id or target.repo_id)
        commit = _commit(component)
        result.append({"type": "distribution", "url": f"{hub}/tree/{commit}" if commit else hub})
        result.append({"type": "vcs", "url": hub})
        if component.card.present and isinstance(target, HubModel):
            card = f"{hub}/blob/{commit}/README.md" if commit else hub
            result.append({"type": "model-card", "url": card})
    terms = value_of(component.license)
    url = _link(terms.link) if terms is not None else None
    if url:
        result.append({"type": "license", "url": url})
    summary = _link(component.card.training_summary)
    if summary:
        result.append({"type": "documentation", "url": summary, "comment": "training content summary"})
    return result


def _names(component: Component) -> tuple[str | None, str, str | None]:
    """(group, name, version)."""
    target = component.target
    commit = value_of(component.revision.commit)
    if isinstance(target, HubModel | HubDataset):
        group, _, name = (component.resolved_id or target.repo_id).rpartition("/")
        return group or None, name, commit
    if isinstance(target, Library):
        path = target.purl.partition("?")[0].partition("#")[0]
        path, _, version = path[4:].partition("@")
        _, _, rest = path.partition("/")
        group, _, name = rest.rpartition("/")
        return unquote(group) or None, unquote(name) or target.purl, component.version or unquote(version) or None
    if isinstance(target, HostedModel):
        return target.provider, target.name, None
    if isinstance(target, RegistryModel):
        return target.registry, target.name, target.tag
    return None, component.name, component.version


@lru_cache(maxsize=4096)
def _method(use: Use, detector: str, confidence: float) -> Value:
    """Shared between components."""
    technique = _TECHNIQUES.get(use, "source-code-analysis")
    return {"technique": technique, "confidence": confidence, "value": visible(detector, 255)}


def _methods(references: tuple[Reference, ...]) -> list[Value]:
    if len(references) == 1:
        place = references[0].occurrence
        return [_method(place.use, place.detector, references[0].confidence)]
    # One place in code may name a component twice (two detectors): one method of a kind is enough.
    methods: dict[tuple[str, str], Value] = {}
    for reference in references:
        found = _method(reference.occurrence.use, reference.occurrence.detector, reference.confidence)
        key = (found["technique"], found["value"])
        if key not in methods or methods[key]["confidence"] < reference.confidence:
            methods[key] = found
    return [methods[key] for key in sorted(methods)]


def _evidence(component: Component) -> Value:
    evidence: Value = {}
    references = component.references
    if references:
        identity: Value = {
            "field": "purl" if component.purl else "name",
            "confidence": max(reference.confidence for reference in references),
            "concludedValue": visible(component.purl or component.name, 1024),
            "methods": _methods(references),
        }
        identities = [identity]
        weights = value_of(component.weights)
        if weights is not None and weights.identical_to:
            identities.append(
                {
                    "field": "hash",
                    "confidence": 1,
                    "concludedValue": visible(weights.identical_to[0], 1024),
                    "methods": [{"technique": "hash-comparison", "confidence": 1, "value": "sha256"}],
                }
            )
        evidence["identity"] = identities
        if len(references) > 1:
            references = tuple(
                sorted(
                    references,
                    key=lambda one: (one.occurrence.path, one.occurrence.line, one.occurrence.column),
                )[:_OCCURRENCES]
            )
        evidence["occurrences"] = [_occurrence(reference) for reference in references]
    texts = [claim for claim in claims_of(component.license) if _is_license_text(claim)]
    if texts:
        found: dict[str, Value] = {}
        for claim in texts:
            shape, entry = _license(claim.value, "concluded")
            if shape != "expression":
                terms = {key: value for key, value in entry["license"].items() if key != "url"}
                found.setdefault(str(terms), {"license": terms})
        if found:
            evidence["licenses"] = list(found.values())
    return evidence


def _is_license_text(claim: Claim[License]) -> bool:
    return claim.source is ClaimSource.FILE_LIST or claim.locator.upper().startswith(
        ("LICENSE", "LICENCE", "COPYING")
    )


def _occurrence(reference: Reference) -> Value:
    place = reference.occurrence
    entry: Value = {"location": visible(place.path, 1024), "line": place.line, "offset": place.column}
    if place.symbol:
        entry["symbol"] = visible(place.symbol, 255)
    entry["additionalContext"] = visible(f"{place.use.value}: {place.raw}", 512)
    return entry


def _ancestor(ancestor: Ancestor, top: frozenset[str], refs: dict[str, str], *, mixed: bool) -> Value:
    group, _, name = ancestor.id.rpartition("/")
    entry: Value = {"type": "machine-learning-model"}
    organization = value_of(ancestor.developer)
    if organization is not None:
        entry["manufacturer"] = _organization(organization)
    if group:
        entry["group"] = visible(group, 255)
    entry["name"] = visible(name or ancestor.id, 255)
    if ancestor.commit:
        entry["version"] = visible(ancestor.commit, 1024)
    licenses = license_choices(ancestor.license, mixed=mixed)
    if licenses:
        entry["licenses"] = licenses
    if group and "/" not in group:
        version = f"@{ancestor.commit}" if ancestor.commit else ""
        entry["purl"] = f"pkg:huggingface/{percent(group)}/{percent(name)}{version}"
    properties = [
        prop("aicheck:lineage:relation", ancestor.relation.value),
        prop("aicheck:lineage:child", ancestor.child),
        prop("aicheck:lineage:depth", ancestor.depth),
        prop("aicheck:lineage:declared", ancestor.declared),
        prop("aicheck:lineage:card-seen", ancestor.card_seen),
        prop("aicheck:lineage:confidence", ancestor.confidence),
        prop("aicheck:lineage:is-root", ancestor.root),
    ]
    if organization is not None and organization.country:
        properties.append(prop("aicheck:developer:country", organization.country))
        properties.append(prop("aicheck:developer:organization", organization.name))
        properties.extend(
            prop("aicheck:developer:list", f"{flag.list} since {flag.since}") for flag in organization.lists
        )
    # Where the ancestor is a component of its own, it is named here and not repeated: refs are unique.
    if ancestor.id in top:
        properties.append(prop("aicheck:lineage:ref", refs[ancestor.id]))
    properties.extend(
        prop("aicheck:lineage:source", f"{claim.source.value} {claim.locator}".strip())
        for claim in ancestor.claims[:20]
    )
    entry["properties"] = properties
    return entry


def _pedigree(component: Component, top: frozenset[str], refs: dict[str, str], *, mixed: bool) -> Value | None:
    lineage = component.lineage
    if not lineage.ancestors:
        return None
    notes = "weights descend: " + lineage_text(component)
    if lineage.concealed:
        notes += ". The card does not declare this."
    if not isinstance(lineage.complete, Known):
        notes += ". Not every path is known to its end."
    return {
        "ancestors": [_ancestor(one, top, refs, mixed=mixed) for one in lineage.ancestors],
        "notes": visible(notes, _NOTES_LIMIT),
    }


def _files(component: Component, weights: Weights) -> list[Value]:
    result = []
    # A listing names each file once; a document that somebody else wrote may not.
    for one in {file.path: file for file in weights.files}.values():
        entry: Value = {
            "type": "file",
            "bom-ref": f"{component.ref}#{one.path}",
            "name": visible(one.path, 1024),
        }
        if one.sha256 and _HEX64.match(one.sha256.lower()):
            entry["hashes"] = [{"alg": "SHA-256", "content": one.sha256.lower()}]
        properties = []
        if one.size is not None:
            properties.append(prop("aicheck:file:size", one.size))
        if one.format:
            properties.append(prop("aicheck:file:format", one.format))
        if one.status:
            properties.append(prop("aicheck:file:status", one.status))
        if properties:
            entry["properties"] = properties
        result.append(entry)
    return result


def _dataset(component: Component) -> list[Value]:
    entry: Value = {"type": "dataset", "name": visible(component.name, 255)}
    target = component.target
    if isinstance(target, HubDataset):
        entry["contents"] = {"url": _hub_url(target, component.resolved_id or target.repo_id)}
    if component.card.summary:
        entry["description"] = free_text(component.card.summary)
    organization = _organization(value_of(component.publisher))
    if organization is not None:
        entry["governance"] = {"owners": [{"organization": organization}]}
    return [entry]


def component_dict(
    component: Component,
    top: frozenset[str],
    refs: dict[str, str],
    datasets: dict[str, str],
    *,
    mixed: bool = False,
) -> Value:
    """One component. `top`: Hub ids that are components themselves, `refs` and `datasets`: Hub id → bom-ref;
    `mixed`: licences and expressions may stand in one list (CycloneDX 1.7).
    """  # noqa: D205 - one sentence
    kind = component.kind
    target = component.target
    group, name, version = _names(component)
    entry: Value = {"type": _TYPES[kind], "bom-ref": component.ref, **_parties(component, group)}
    if group:
        entry["group"] = visible(group, 1024)
    entry["name"] = visible(name, 1024)
    if version:
        entry["version"] = visible(version, 1024)
    if component.card.summary:
        entry["description"] = free_text(component.card.summary)
    if kind is Kind.LIBRARY:
        scopes = {reference.attribute("scope") for reference in component.references}
        if scopes:
            entry["scope"] = "required" if scopes & _REQUIRED else "optional"
    weights = value_of(component.weights)
    licenses = license_choices(component.license, mixed=mixed)
    purl = component.purl
    if purl is None and isinstance(target, ToolServer) and target.location.startswith("pkg:"):
        purl = target.location
    pedigree = _pedigree(component, top, refs, mixed=mixed)
    references = _references(component)
    # In the order of the schema, each part only where it holds something.
    if weights is not None:
        hashes = _single_hash(weights)
        if hashes:
            entry["hashes"] = hashes
    if licenses:
        entry["licenses"] = licenses
    if purl:
        entry["purl"] = visible(purl)
    if pedigree:
        entry["pedigree"] = pedigree
    if references:
        entry["externalReferences"] = references
    entry["properties"] = properties_of(component)
    if weights is not None and weights.files:
        entry["components"] = _files(component, weights)
    evidence = _evidence(component)
    if evidence:
        entry["evidence"] = evidence
    if entry["type"] == "machine-learning-model":
        card = model_card(component, datasets)
        if card:
            entry["modelCard"] = card
    elif entry["type"] == "data":
        entry["data"] = _dataset(component)
    return entry


_REQUIRED: Final = frozenset({"runtime", None})


def _single_hash(weights: Weights | None) -> list[Value]:
    """A model of one file has the file's hash; of several files no single one is the model's."""
    if weights is None or len(weights.files) != 1 or not weights.files[0].sha256:
        return []
    digest = weights.files[0].sha256.lower()
    return [{"alg": "SHA-256", "content": digest}] if _HEX64.match(digest) else []


def _parties(component: Component, group: str | None) -> Value:
    """Who serves it (`supplier`), who made it (`manufacturer`), whose namespace it is in (`publisher`)."""
    parties: Value = {}
    target = component.target
    hosting = value_of(component.hosting)
    if isinstance(target, HubModel | HubDataset):
        parties["supplier"] = {"name": "Hugging Face", "url": [_HUB]}
    elif hosting is not None and (hosting.operator or hosting.provider_name) and not hosting.local:
        parties["supplier"] = _host_entity(hosting)
    if component.kind is Kind.LIBRARY:
        return parties
    developer = _organization(value_of(component.developer))
    if developer is not None:
        parties["manufacturer"] = developer
    publisher = value_of(component.publisher)
    if publisher is not None:
        parties["publisher"] = visible(publisher.namespace or publisher.name, 255)
    elif isinstance(target, HubModel | HubDataset) and group:
        parties["publisher"] = visible(group, 255)
    return parties


def is_service(component: Component) -> bool:
    """Endpoints and remote tool servers are services; every other kind is a component."""
    target = component.target
    return isinstance(target, Endpoint) or (
        isinstance(target, ToolServer) and target.location.startswith(("http://", "https://"))
    )


def service_ref(hosting: Hosting | None, target: HostedModel) -> str:
    """bom-ref of the service through which a hosted model is called."""
    host = (hosting.host if hosting is not None else None) or target.host
    provider = (hosting.provider if hosting is not None else None) or target.provider
    if provider is None and host is None:
        return "service:unknown"
    return f"service:{provider or '?'}" + (f"/{host}" if host else "")


def _host_entity(hosting: Hosting) -> Value:
    entity: Value = {"name": visible(hosting.operator or hosting.provider_name or hosting.provider or "?", 255)}
    if hosting.operator_country:
        entity["address"] = {"country": hosting.operator_country}
    return entity


def _data_flow(hosting: Hosting | None, host: str | None) -> list[Value]:
    where = (
        "/".join(hosting.processing_countries) if hosting is not None and hosting.processing_countries else None
    )
    note = f"processed in {where}" if where else "place of processing not stated"
    flow: Value = {
        "flow": "bi-directional",
        # What the project sends is not seen in its code: nobody has classified it.
        "classification": "unclassified",
        "name": "prompts and answers",
        "description": note,
    }
    endpoint = _endpoint(host)
    if endpoint:
        flow["destination"] = [endpoint]
    return [flow]


def _service(ref: str, name: str, hosting: Hosting | None, host: str | None, references: list[Reference]) -> Value:
    entry: Value = {"bom-ref": ref}
    if hosting is not None and (hosting.operator or hosting.provider_name):
        entry["provider"] = _host_entity(hosting)
    entry["name"] = visible(name, 1024)
    local = hosting is not None and hosting.local
    endpoint = _endpoint(host, local=local)
    if endpoint:
        entry["endpoints"] = [endpoint]
    if any(reference.attribute("api_key_env") for reference in references):
        entry["authenticated"] = True
    if hosting is not None:
        entry["x-trust-boundary"] = not local
    entry["data"] = _data_flow(hosting, host)
    return entry


def service_dict(component: Component) -> Value:
    """An endpoint or a remote tool server as a service, its sightings as properties."""
    hosting = value_of(component.hosting)
    target = component.target
    if isinstance(target, Endpoint):
        host: str | None = target.host
        name = (hosting.provider_name if hosting is not None else None) or target.host
    else:
        assert isinstance(target, ToolServer)
        host = target.location.split("//", 1)[1].split("/", 1)[0] or None
        name = target.name
    entry = _service(component.ref, name, hosting, host, list(component.references))
    places = (reference.occurrence for reference in component.references[:_OCCURRENCES])
    entry["properties"] = [
        *properties_of(component),
        *(
            prop("aicheck:occurrence", visible(f"{p.path}:{p.line}:{p.column} {p.use.value} {p.symbol}".rstrip()))
            for p in places
        ),
    ]
    return entry


def host_service(ref: str, models: list[Component]) -> Value:
    """The service behind hosted models whose endpoint is not a component of its own."""
    first = models[0]
    target = first.target
    assert isinstance(target, HostedModel)
    hosting = value_of(first.hosting)
    host = (hosting.host if hosting is not None else None) or target.host
    name = (
        (hosting.provider_name if hosting is not None else None) or target.provider or host or "unknown provider"
    )
    entry = _service(ref, name, hosting, host, [one for model in models for one in model.references])
    entry["properties"] = [
        prop("aicheck:kind", "provider"),
        *(hosting_properties(hosting) if hosting is not None else [prop("aicheck:hosting:state", "unseen")]),
        *(prop("aicheck:service:model", model.name) for model in models[:200]),
    ]
    return entry


def disputed(component: Component) -> bool:
    """Whether claims about the component contradict each other."""
    return any(
        isinstance(fact, Disputed)
        for fact in (component.publisher, component.developer, component.license, component.lineage.complete)
    )
