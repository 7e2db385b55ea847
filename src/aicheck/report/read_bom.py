"""CycloneDX documents → components, so that policies can be evaluated and reports drawn over a BOM.

Our own documents come back through their `aicheck:*` properties; of others, what the standard fields say. A BOM is
a statement by whoever wrote it: every fact read here is a claim whose locator names the BOM, never more certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar, cast
from urllib.parse import unquote, urlsplit

from aicheck.core.component import (
    Ancestor,
    Card,
    Component,
    DataSource,
    FileFormat,
    Hosting,
    License,
    LicenseThreshold,
    Lineage,
    ListFlag,
    Organization,
    Relation,
    Revision,
    Safety,
    WeightFile,
    Weights,
)
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Gap, GapReason, Known, Unseen
from aicheck.core.reference import Inventory, Occurrence, Reference, Use, reference_key
from aicheck.core.report import Report, SourceInfo, Tool
from aicheck.core.target import (
    Adapter,
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Kind,
    Library,
    Target,
    ToolServer,
    Unresolvable,
    WeightsFile,
    kind_of,
    parse_target,
)

__all__ = ["components_from_bom", "report_from_bom"]

T = TypeVar("T")
Value = dict[str, Any]

_HUB_HOSTS: Final = frozenset({"huggingface.co", "hf.co", "www.huggingface.co"})
_NOT_MODELS: Final = frozenset({"datasets", "spaces", "docs", "blog", "papers", "collections", "api", "models"})
_HUB_ID_PARTS: Final = 2


_WEIGHTS: Final = (".gguf", ".safetensors", ".onnx", ".pt", ".pth", ".bin", ".ckpt", ".h5", ".keras", ".tflite")
_PACKAGES: Final = tuple(
    f"pkg:{one}/" for one in ("pypi", "npm", "cargo", "golang", "maven", "nuget", "gem", "conda")
)
_HUB_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z", re.ASCII)


class _Properties:
    """The `aicheck:*` properties of one entry, by name without the prefix."""

    def __init__(self, entry: Value) -> None:
        self.values: dict[str, list[str]] = {}
        for one in entry.get("properties") or ():
            name, value = one.get("name", ""), one.get("value")
            if name.startswith("aicheck:") and isinstance(value, str):
                self.values.setdefault(name.removeprefix("aicheck:"), []).append(value)

    def one(self, name: str) -> str | None:
        found = self.values.get(name)
        return found[0] if found else None

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def flag(self, name: str) -> bool | None:
        value = self.one(name)
        return None if value is None else value == "true"


class _Reader:
    """Reads one document; `path` is how the user named it."""

    def __init__(self, document: Value, path: str) -> None:
        self.document = document
        self.path = path

    def known(self, value: T, ref: str, confidence: float = 1.0) -> Known[T]:
        return Known(value, (Claim(value, ClaimSource.CODE, confidence, f"{self.path}#{ref}"),))

    def gap(self, target: Target, fact: str, detail: str = "the BOM does not say") -> Unseen:
        return Unseen(Gap(f"{target}#{fact}", GapReason.NOT_STATED, detail))

    def fact(self, value: T | None, state: str | None, target: Target, key: str, ref: str) -> Fact[T]:
        """Known where there is a value; else what the BOM says of its state."""
        if state == "disputed":
            sides = () if value is None else (Claim(value, ClaimSource.CODE, 1.0, f"{self.path}#{ref}"),)
            return Disputed(sides)
        if state == "absent":
            return Absent(())
        return self.gap(target, key) if value is None else self.known(value, ref)

    # -- identity ---------------------------------------------------------------------------------------------

    def target(self, entry: Value, properties: _Properties) -> Target:
        spelled = properties.one("target")
        if spelled is not None:
            try:
                return self.complete(parse_target(spelled), entry, properties)
            except ValueError:
                pass  # written by hand or by a newer version: the standard fields decide
        purl = entry.get("purl") or ""
        kind = entry.get("type")
        identifier = _hub_id(purl, entry)
        if identifier is not None:
            return HubDataset(identifier) if kind == "data" else HubModel(identifier, entry.get("version"))
        if kind == "machine-learning-model":
            return _named_model(entry, purl)
        if kind == "data":
            return HubDataset(str(entry.get("name") or "?"))
        if purl:
            return Library(purl)
        version = f"@{entry['version']}" if entry.get("version") else ""
        group = f"{entry['group']}/" if entry.get("group") else ""
        return Library(f"pkg:generic/{group}{entry.get('name') or '?'}{version}")

    def complete(self, target: Target, entry: Value, properties: _Properties) -> Target:
        """Fields of a target that its spelling does not carry."""
        if isinstance(target, HostedModel):
            return HostedModel(target.provider, target.name, properties.one("hosting:host"))
        if isinstance(target, ToolServer):
            location = entry.get("purl") or next(iter(entry.get("endpoints") or ()), "")
            return ToolServer(target.name, location)
        if isinstance(target, Adapter):
            base = next(iter(properties.many("lineage:ancestor")), "")
            return Adapter(target.path, base.partition(": ")[2].removesuffix(" (inferred)") or None)
        return target

    # -- facts ------------------------------------------------------------------------------------------------

    def organization(self, entry: Value, role: str, properties: _Properties) -> Organization | None:
        name = properties.one(f"{role}:organization")
        if name is not None:
            return Organization(
                name=name,
                country=properties.one(f"{role}:country"),
                namespace=properties.one(f"{role}:namespace"),
                legal_entity=properties.one(f"{role}:legal-entity"),
                type=properties.one(f"{role}:type"),
                role=properties.one(f"{role}:role"),
                parent=properties.one(f"{role}:parent"),
                parent_country=properties.one(f"{role}:parent-country"),
                lists=_lists(properties.many(f"{role}:list")),
            )
        if role == "publisher":
            publisher = entry.get("publisher")
            return Organization(publisher, None, namespace=publisher) if isinstance(publisher, str) else None
        manufacturer = entry.get("manufacturer") or {}
        if manufacturer.get("name"):
            country = (manufacturer.get("address") or {}).get("country")
            known = isinstance(country, str) and len(country) == 2 and country.isalpha()  # noqa: PLR2004 - alpha-2
            return Organization(manufacturer["name"], country.upper() if known and country else None)
        return None

    def license(self, entry: Value, properties: _Properties) -> License | None:
        expression = properties.one("license:expression")
        if expression is None:
            choices = entry.get("licenses") or ()
            concluded = [one for one in choices if _acknowledged(one) == "concluded"]
            for choice in (*concluded, *choices):
                inner = choice.get("license") or {}
                expression = choice.get("expression") or inner.get("id") or inner.get("name")
                if expression:
                    return License(expression=expression, link=inner.get("url"))
            return None
        commercial = properties.one("license:commercial-use")
        return License(
            expression=expression,
            name=properties.one("license:name") or "",
            hub_id=properties.one("license:hub-id"),
            hub_name=properties.one("license:hub-name"),
            category=properties.one("license:category"),
            osi_approved=properties.flag("license:osi-approved"),
            commercial_use=commercial,
            thresholds=_thresholds(properties.many("license:threshold")),
            territory_exclusions=properties.many("license:territory-exclusion"),
            attribution=properties.one("license:attribution"),
            naming=properties.one("license:naming"),
            share_alike=properties.flag("license:share-alike"),
            use_restrictions=properties.one("license:use-restrictions"),
            output_restrictions=properties.one("license:output-restrictions"),
        )

    def weights(self, entry: Value, properties: _Properties) -> Weights | None:
        files = []
        for part in entry.get("components") or ():
            if part.get("type") != "file":
                continue
            inner = _Properties(part)
            size = inner.one("file:size")
            hashes = {one.get("alg"): one.get("content") for one in part.get("hashes") or ()}
            files.append(
                WeightFile(
                    str(part.get("name")),
                    int(size) if size is not None and size.isdigit() else None,
                    hashes.get("SHA-256"),
                    inner.one("file:format"),
                    inner.one("file:status"),
                )
            )
        formats = []
        for text in properties.many("weights:format"):
            name, _, safety = text.partition(": ")
            formats.append(FileFormat(name, Safety(safety) if safety in set(Safety) else Safety.UNKNOWN))
        if not files and not formats:
            return None
        return Weights(
            tuple(files),
            tuple(formats),
            remote_code=properties.many("weights:remote-code"),
            auto_map=properties.flag("weights:auto-map"),
            signature=properties.one("weights:signature"),
            scan_status=properties.one("weights:scan-status"),
            scan_issues=properties.many("weights:scan-issue"),
            identical_to=properties.many("weights:identical-to"),
        )

    def hosting(self, properties: _Properties, entry: Value, target: Target) -> Fact[Hosting]:
        ref = str(entry.get("bom-ref"))
        provider = entry.get("provider") or {}
        if any(name.startswith("hosting:") and name != "hosting:state" for name in properties.values):
            hosting = Hosting(
                provider=properties.one("hosting:provider"),
                provider_name=properties.one("hosting:provider-name"),
                host=properties.one("hosting:host"),
                operator=properties.one("hosting:operator"),
                operator_country=properties.one("hosting:operator-country"),
                contract_country=properties.one("hosting:contract-country"),
                processing_countries=properties.many("hosting:processing-country"),
                processing_note=properties.one("hosting:processing-note") or "",
                openai_compatible=properties.flag("hosting:openai-compatible"),
                router=properties.flag("hosting:router") or False,
                local=properties.flag("hosting:local") or False,
                kind=properties.one("hosting:kind"),
                lists=_lists(properties.many("hosting:list")),
            )
            return self.known(hosting, ref)
        if isinstance(target, Endpoint) and provider.get("name"):
            country = (provider.get("address") or {}).get("country")
            return self.known(Hosting(None, provider["name"], target.host, provider["name"], country), ref)
        if isinstance(target, HostedModel | Endpoint):
            return self.gap(target, "hosting")
        return Absent(())

    def lineage(self, entry: Value, properties: _Properties, target: Target, name: str) -> Lineage:
        ancestors = []
        ref = str(entry.get("bom-ref"))
        for one in (entry.get("pedigree") or {}).get("ancestors") or ():
            inner = _Properties(one)
            identifier = _hub_id(one.get("purl") or "", one) or "/".join(
                part for part in (one.get("group"), one.get("name")) if part
            )
            relation = inner.one("lineage:relation") or "unknown"
            depth = inner.one("lineage:depth") or "1"
            developer = self.organization(one, "developer", inner)
            claims = (Claim(identifier, ClaimSource.CODE, 1.0, f"{self.path}#{ref}"),)
            ancestors.append(
                Ancestor(
                    id=identifier,
                    relation=Relation(relation) if relation in set(Relation) else Relation.UNKNOWN,
                    child=inner.one("lineage:child") or name,
                    depth=int(depth) if depth.isdigit() else 1,
                    declared=inner.flag("lineage:declared") is not False,
                    confidence=_number(inner.one("lineage:confidence"), 1.0),
                    developer=self.fact(developer, None, target, "developer", ref),
                    license=self.fact(self.license(one, inner), None, target, "license", ref),
                    root=bool(inner.flag("lineage:is-root")),
                    commit=one.get("version"),
                    claims=claims,
                    card_seen=bool(inner.flag("lineage:card-seen")),
                )
            )
        data = tuple(
            DataSource(text.partition(": ")[2], text.partition(": ")[0], self.gap(target, "data-lineage"))
            for text in properties.many("data-lineage")
        )
        complete: Fact[bool] = (
            self.known(value=True, ref=ref)
            if properties.flag("lineage:complete")
            else self.gap(target, "lineage", "the BOM does not say that the lineage is complete")
        )
        return Lineage(tuple(ancestors), data, complete, concealed=bool(properties.flag("lineage:concealed")))

    # -- whole components -------------------------------------------------------------------------------------

    def references(self, entry: Value, properties: _Properties, target: Target) -> tuple[Reference, ...]:
        confidence = _number(properties.one("confidence"), 1.0)
        attributes = tuple(
            sorted((k, v) for k, _, v in (one.partition("=") for one in properties.many("reference")))
        )
        kind = kind_of(target)
        usual = Use.DEPENDENCY if kind is Kind.LIBRARY else Use.CONFIG
        found = []
        for one in (entry.get("evidence") or {}).get("occurrences") or ():
            use, _, raw = str(one.get("additionalContext") or "").partition(": ")
            column = one.get("offset") or 1
            found.append(
                Occurrence(
                    path=str(one.get("location") or self.path),
                    line=max(one.get("line") or 1, 1),
                    column=max(column, 1),
                    end=max(column, 1) + len(raw),
                    raw=raw or str(entry.get("name")),
                    symbol=one.get("symbol") or "",
                    detector="bom",
                    use=Use(use) if use in set(Use) else usual,
                )
            )
        if not found:
            name = str(entry.get("name") or "")
            found.append(Occurrence(self.path, 1, 1, 1, name[:500], str(entry.get("bom-ref") or ""), "bom", usual))
        return tuple(Reference(target, place, confidence, attributes) for place in found)

    def component(self, entry: Value, number: int, *, service: bool) -> Component:
        properties = _Properties(entry)
        target = self.service_target(entry, properties) if service else self.target(entry, properties)
        ref = str(entry.get("bom-ref") or f"{target}#{number}")
        name = properties.one("resolved-id") or (target.repo_id if isinstance(target, HubModel) else str(target))
        card = entry.get("modelCard") or {}
        own = any(one.startswith("card:") for one in properties.values)
        card_properties = properties if own else _Properties(card)
        parameters = card.get("modelParameters") or {}
        commit = properties.one("revision:commit") or _commit(entry.get("version"))
        registered = _registered(entry)
        state = properties.one
        publisher = self.organization(entry, "publisher", properties)
        developer = self.organization(entry, "developer", properties)
        pinned = properties.flag("revision:pinned")
        requested = tuple("" if one == "(none)" else one for one in properties.many("revision:requested"))
        return Component(
            ref=ref,
            target=target,
            purl=entry.get("purl"),
            references=self.references(entry, properties, target),
            publisher=self.fact(publisher, state("publisher:state"), target, "publisher", ref),
            developer=self.fact(developer, state("developer:state"), target, "developer", ref),
            lineage=self.lineage(entry, properties, target, name),
            license=self.fact(self.license(entry, properties), state("license:state"), target, "license", ref),
            weights=self.fact(self.weights(entry, properties), state("weights:state"), target, "weights", ref),
            revision=Revision(
                requested or ((commit,) if commit else ()),
                self.fact(commit, None, target, "revision", ref),
                pinned=bool(commit) if pinned is None else pinned,
            ),
            hosting=self.hosting(properties, entry, target),
            card=Card(
                present=card_properties.flag("card:present"),
                task=parameters.get("task"),
                library=card_properties.one("card:library"),
                architecture_family=parameters.get("architectureFamily"),
                architecture=parameters.get("modelArchitecture"),
                parameters=_amount(card_properties.one("card:parameters") or registered.get("count")),
                context_length=_amount(
                    card_properties.one("card:context-length")
                    or registered.get("context_length")
                    or registered.get("max_position_embeddings")
                ),
                languages=tuple(one for one in registered.get("languages", "").split(",") if one),
                quantization=card_properties.one("card:quantization") or registered.get("quantization"),
                datasets=tuple(
                    str(one.get("name") or str(one.get("ref", "")).removeprefix("hf-dataset:"))
                    for one in parameters.get("datasets") or ()
                ),
                created=card_properties.one("card:created"),
                modified=card_properties.one("card:modified"),
                training_summary=card_properties.one("card:training-summary"),
                acceptable_use=card_properties.one("card:acceptable-use"),
                limitations="\n".join(
                    str(one) for one in (card.get("considerations") or {}).get("technicalLimitations") or ()
                )
                or None,
                summary=entry.get("description"),
                text_read=bool(card_properties.flag("card:text-read")),
                metrics=tuple(
                    (str(one.get("type") or ""), str(one.get("value") or ""), str(one.get("slice") or ""))
                    for one in (card.get("quantitativeAnalysis") or {}).get("performanceMetrics") or ()
                ),
                emissions=_grams(card_properties.one("card:co2-eq-emissions")),
            ),
            resolved_id=properties.one("resolved-id"),
            stands_for=self.known(properties.many("stands-for")[0], ref) if properties.one("stands-for") else None,
            availability=properties.one("availability"),
            version=entry.get("version") if isinstance(target, Library) else None,
            gaps=tuple(_gap(one) for one in properties.many("gap")),
            as_of=properties.one("as-of"),
            answered_by=properties.one("answered-by"),
        )

    def service_target(self, entry: Value, properties: _Properties) -> Target:
        spelled = properties.one("target")
        if spelled is not None:
            try:
                return self.complete(parse_target(spelled), entry, properties)
            except ValueError:
                pass  # as in `target`
        for endpoint in entry.get("endpoints") or ():
            host = urlsplit(str(endpoint) if "//" in str(endpoint) else f"//{endpoint}").netloc
            if host:
                return Endpoint(host.rpartition("@")[2].lower())
        return Endpoint(str(entry.get("name") or "?").lower())


def _gap(text: str) -> Gap:
    reason, _, rest = text.partition(": ")
    subject, _, detail = rest.partition(" - ")
    known = reason in set(GapReason)
    return Gap(subject or text, GapReason(reason) if known else GapReason.NOT_STATED, detail)


def _thresholds(texts: tuple[str, ...]) -> tuple[LicenseThreshold, ...]:
    """`metric > value unit: effect`, as `cyclonedx_properties` writes it."""
    found = []
    for text in texts:
        metric, _, rest = text.partition(" > ")
        amount, _, effect = rest.partition(": ")
        value, _, unit = amount.partition(" ")
        try:
            found.append(LicenseThreshold(metric, float(value), unit, effect or "separate-license"))
        except ValueError:
            continue  # not ours
    return tuple(found)


def _registered(entry: Value) -> dict[str, str]:
    """The properties of the CycloneDX taxonomy for models, by their last part."""
    found = [*(entry.get("properties") or ()), *((entry.get("modelCard") or {}).get("properties") or ())]
    return {
        str(one["name"]).rpartition(":")[2]: str(one.get("value") or "")
        for one in found
        if str(one.get("name", "")).startswith("cdx:ai-ml:model:")
    }


_AMOUNT: Final = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,6}))?([MBT]?)\Z")
_UNITS: Final = {"": 0, "M": 6, "B": 9, "T": 12}


def _amount(text: str | None) -> int | None:
    """A whole number, or one in the taxonomy's units (`7.6B`)."""
    match = _AMOUNT.match((text or "").upper())
    if match is None or (match[2] and not match[3]):
        return None
    return int(match[1] + (match[2] or "").ljust(_UNITS[match[3]], "0"))


def _lists(texts: tuple[str, ...]) -> tuple[ListFlag, ...]:
    return tuple(ListFlag(name, since) for name, _, since in (text.partition(" since ") for text in texts))


def _grams(text: str | None) -> float | None:
    try:
        return float(text.removesuffix(" g")) if text else None
    except ValueError:
        return None


def _number(text: str | None, default: float) -> float:
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return min(max(value, 0.0), 1.0)


def _commit(version: object) -> str | None:
    if isinstance(version, str) and len(version) == 40 and set(version) <= set("0123456789abcdef"):  # noqa: PLR2004
        return version
    return None


def _acknowledged(choice: Value) -> str | None:
    inner = choice.get("license") or {}
    return cast("str | None", choice.get("acknowledgement") or inner.get("acknowledgement"))


def _hub_id(purl: str, entry: Value) -> str | None:
    """`owner/name` on the Hub by purl, or by a link to the Hub."""
    if purl.startswith("pkg:huggingface/"):
        path = purl.removeprefix("pkg:huggingface/").partition("?")[0].partition("#")[0].partition("@")[0]
        parts = [unquote(part) for part in path.split("/") if part]
        return "/".join(parts) if len(parts) == _HUB_ID_PARTS else None
    for one in entry.get("externalReferences") or ():
        url = urlsplit(str(one.get("url") or ""))
        if url.hostname not in _HUB_HOSTS:
            continue
        parts = [unquote(part) for part in url.path.split("/") if part]
        if parts[:1] == ["datasets"] and entry.get("type") == "data":
            parts = parts[1:]
        elif parts and parts[0] in _NOT_MODELS:
            continue
        if len(parts) >= _HUB_ID_PARTS:
            return "/".join(parts[:_HUB_ID_PARTS])
    return None


def _named_model(entry: Value, purl: str) -> Target:
    """What another tool's model is, where it gives no Hub id: tools call packages, files and mere names models."""
    from aicheck.knowledge.hosted import hosted_model

    group, name = entry.get("group"), str(entry.get("name") or "?")
    full = f"{group}/{name}" if group else name
    if name.lower().endswith(_WEIGHTS):
        hashes = {str(one.get("alg")): str(one.get("content")).lower() for one in entry.get("hashes") or ()}
        return WeightsFile(full, hashes.get("SHA-256"))
    if purl.startswith(_PACKAGES):
        return Library(purl)
    if _HUB_NAME.match(full):
        return HubModel(full, entry.get("version"))
    row = hosted_model(None, full)
    if row is None:
        return Unresolvable(full)
    # A name of open weights is read as these: where they run, the document does not say.
    return HubModel(row.hub_id) if row.hub_id and not row.closed else HostedModel(None, full)


def _top(document: Value) -> Iterator[Value]:
    """Components at the top and those nested in software; files inside models belong to the model."""
    stack = [part for part in document.get("components") or () if isinstance(part, dict)]
    subject = (document.get("metadata") or {}).get("component")
    if isinstance(subject, dict) and subject.get("type") == "machine-learning-model":
        stack.append(subject)  # the BOM of one model, as model generators write it
    while stack:
        part = stack.pop(0)
        if part.get("type") == "file":
            continue
        yield part
        stack.extend(one for one in part.get("components") or () if isinstance(one, dict))


def components_from_bom(document: Value, path: str = "bom.json") -> tuple[Component, ...]:
    """Every component and service of a CycloneDX JSON document, sorted by kind and ref."""
    reader = _Reader(document, path)
    found: dict[str, Component] = {}
    readers: tuple[tuple[Iterator[Value], bool], ...] = (
        (_top(document), False),
        (iter([one for one in document.get("services") or () if isinstance(one, dict)]), True),
    )
    for entries, service in readers:
        for number, entry in enumerate(entries):
            if service and _Properties(entry).one("kind") == "provider":
                continue  # written for the hosted models that are components themselves
            component = reader.component(entry, number, service=service)
            found.setdefault(component.ref, component)
    key: Callable[[Component], tuple[str, str]] = lambda one: (one.kind.value, one.ref)  # noqa: E731 - typed for mypy
    return tuple(sorted(found.values(), key=key))


def report_from_bom(document: Value, path: str = "bom.json") -> Report:
    """A report without a verdict over a CycloneDX JSON document, for evaluation, drawing and conversion."""
    components = components_from_bom(document, path)
    metadata = document.get("metadata") or {}
    subject = metadata.get("component") or {}
    properties = _Properties(metadata)
    tools = metadata.get("tools") or {}
    tool: Value = next(iter(tools if isinstance(tools, list) else tools.get("components") or ()), {})
    references = sorted({one for component in components for one in component.references}, key=reference_key)
    gaps = sorted(
        {gap for component in components for gap in component.gaps},
        key=lambda gap: (gap.subject, gap.reason.value),
    )
    return Report(
        tool=Tool(str(tool.get("name") or "unknown"), str(tool.get("version") or "unknown")),
        created=str(metadata.get("timestamp") or "1970-01-01T00:00:00Z"),
        project=str(subject.get("name") or path),
        project_version=subject.get("version"),
        inventory=Inventory(path, tuple(references), ()),
        components=components,
        findings=(),
        gaps=tuple(gaps),
        verdict=None,
        policy=None,
        sources=SourceInfo(
            catalog_date=properties.one("scan:catalog-date"),
            knowledge_date=properties.one("scan:knowledge-date"),
            hub=properties.one("scan:hub"),
            offline=properties.flag("scan:offline") is not False,
        ),
    )
