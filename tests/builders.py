"""Components, references and inventories built by hand, for tests of evaluate and report.

Every builder takes keyword overrides for any field; what is not given is a plausible, well-behaved default
(a pinned US model with safetensors under Apache-2.0), so that a test names only what it is about.

    model("Qwen/Qwen3-8B", developer=known(org("Alibaba Cloud (Qwen)", "CN")))
    model("acme/x", lineage=lineage(ancestor("Qwen/Qwen2.5-7B", developer=org("Alibaba Cloud", "CN"))))
    hosted("deepseek", "deepseek-chat", hosting=known(host_facts("deepseek", operator_country="CN")))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from aicheck.core.component import (
    Ancestor,
    Card,
    Component,
    DataSource,
    FileFormat,
    Hosting,
    License,
    Lineage,
    ListFlag,
    Organization,
    Relation,
    Revision,
    Safety,
    WeightFile,
    Weights,
    unseen,
)
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Gap, GapReason, Known, Unseen
from aicheck.core.finding import Finding, Level, PolicyInfo, Status, Verdict
from aicheck.core.reference import Inventory, Occurrence, Reference, ScanStats, Use, reference_key
from aicheck.core.report import Report, Tool
from aicheck.core.target import (
    Adapter,
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Library,
    RegistryModel,
    Target,
    ToolServer,
    Unresolvable,
    WeightsFile,
)

T = TypeVar("T")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


# --- facts -----------------------------------------------------------------------------------------------
def claim(
    value: T, source: ClaimSource = ClaimSource.HUB, confidence: float = 1.0, locator: str = "", note: str = ""
) -> Claim[T]:
    return Claim(value, source, confidence, locator, None, note)


def known(
    value: T, source: ClaimSource = ClaimSource.REGISTRY, confidence: float = 1.0, locator: str = ""
) -> Known[T]:
    return Known(value, (claim(value, source, confidence, locator),))


def disputed(*values: T) -> Disputed[T]:
    """Sources contradict each other, one claim for each value: a card first, then a tag, then a config."""
    sources = (ClaimSource.CARD, ClaimSource.TAG, ClaimSource.CONFIG, ClaimSource.HUB)
    return Disputed(tuple(claim(value, sources[i % 4], 0.9) for i, value in enumerate(values)))


def absent() -> Absent:
    return Absent((Claim(None, ClaimSource.CARD, 1.0, "README.md"),))


def not_seen(fact: str = "fact", reason: GapReason = GapReason.NOT_STATED, detail: str = "") -> Unseen:
    return unseen("test", fact, reason, detail)


def org(name: str = "Meta", country: str | None = "US", **fields: Any) -> Organization:
    fields.setdefault("namespace", None)
    fields["lists"] = tuple(
        flag if isinstance(flag, ListFlag) else ListFlag(flag, "2026-01-01") for flag in fields.get("lists", ())
    )
    return Organization(name, country, **fields)


def licence(expression: str = "Apache-2.0", **fields: Any) -> License:
    """A licence; `Apache-2.0` and `MIT` come with their terms filled in."""
    if expression in {"Apache-2.0", "MIT"}:
        fields = {
            "name": expression,
            "hub_id": expression.lower(),
            "category": "open-source",
            "osi_approved": True,
            "commercial_use": "yes",
            "share_alike": False,
            **fields,
        }
    return License(expression, **fields)


def _fact(value: T | Fact[T]) -> Fact[T]:
    return value if isinstance(value, Known | Absent | Unseen | Disputed) else known(value)


# --- lineage ---------------------------------------------------------------------------------------------
def ancestor(
    model_id: str,
    relation: Relation = Relation.FINETUNE,
    *,
    child: str = "acme/model",
    depth: int = 1,
    declared: bool = True,
    confidence: float = 1.0,
    developer: Organization | Fact[Organization] | None = None,
    terms: License | Fact[License] | None = None,
    root: bool = True,
    commit: str | None = None,
    card_seen: bool = True,
) -> Ancestor:
    source = ClaimSource.CARD if declared else ClaimSource.INFERENCE
    note = "" if declared else "tensor shapes and vocabulary agree"
    return Ancestor(
        model_id,
        relation,
        child,
        depth,
        declared,
        confidence,
        _fact(developer if developer is not None else org()),
        _fact(terms if terms is not None else licence()),
        root,
        commit,
        (claim(model_id, source, confidence, "base_model", note),),
        card_seen=card_seen,
    )


def teacher(
    model_id: str, developer: Organization | Fact[Organization] | None = None, kind: str = "teacher"
) -> DataSource:
    return DataSource(
        model_id, kind, _fact(developer if developer is not None else org()), (claim(model_id, ClaimSource.CARD),)
    )


def lineage(
    *ancestors: Ancestor,
    data: Sequence[DataSource] = (),
    complete: bool | Fact[bool] = True,
    concealed: bool = False,
) -> Lineage:
    """`complete=False` gives Unseen, as the contract of `Lineage.complete` wants."""
    if isinstance(complete, bool):
        complete = known(value=True) if complete else not_seen("lineage")
    return Lineage(tuple(ancestors), tuple(data), complete, concealed)


# --- weights ---------------------------------------------------------------------------------------------
SAFETENSORS = FileFormat("safetensors", Safety.SAFE)
PICKLE = FileFormat("pytorch-pickle", Safety.EXECUTABLE)


def weights(*formats: FileFormat, **fields: Any) -> Weights:
    """Weights in the given formats (safetensors by default), one hashed file each."""
    names = {"safetensors": "model.safetensors", "pytorch-pickle": "pytorch_model.bin", "gguf": "model.gguf"}
    chosen = formats or (SAFETENSORS,)
    files = tuple(
        WeightFile(names.get(f.id, f"model.{f.id}"), 1000, f"{index:064x}", f.id)
        for index, f in enumerate(chosen, 1)
    )
    fields.setdefault("files", files)
    fields.setdefault("formats", chosen)
    fields.setdefault("scan_status", "safe")
    fields.setdefault("auto_map", False)
    return Weights(**fields)


# --- hosting ---------------------------------------------------------------------------------------------
def host_facts(provider: str | None = "openai", **fields: Any) -> Hosting:
    fields.setdefault("provider_name", provider)
    fields.setdefault("host", f"api.{provider}.com" if provider else None)
    fields.setdefault("operator", (provider or "").title() or None)
    fields.setdefault("operator_country", "US")
    return Hosting(provider, **fields)


# --- references ------------------------------------------------------------------------------------------
def reference(
    target: Target,
    path: str = "app.py",
    line: int = 1,
    *,
    column: int = 1,
    use: Use = Use.LOAD,
    raw: str | None = None,
    symbol: str = "",
    detector: str = "python",
    confidence: float = 0.95,
    **attributes: str,
) -> Reference:
    text = raw if raw is not None else str(target).partition(":")[2]
    place = Occurrence(path, line, column, column + len(text), text, symbol, detector, use)
    return Reference(target, place, confidence, tuple(sorted(attributes.items())))


def component(target: Target, **fields: Any) -> Component:
    """A component for any target; the well-behaved defaults depend on the kind."""
    hub = isinstance(target, HubModel | HubDataset)
    purl: str | None = None
    if isinstance(target, HubModel):
        purl = f"pkg:huggingface/{target.repo_id}@{COMMIT}"
    elif isinstance(target, Library):
        purl = target.purl
    hosted_kind = isinstance(target, HostedModel | Endpoint)
    defaults: dict[str, Any] = {
        "ref": purl or str(target),
        "purl": purl,
        "references": (reference(target),),
        "publisher": known(org()),
        "developer": known(org()),
        "lineage": lineage(),
        "license": known(licence()),
        "weights": known(weights()) if isinstance(target, HubModel) else not_seen("weights"),
        "revision": Revision((COMMIT,) if hub else (), known(COMMIT) if hub else not_seen("commit"), hub),
        "hosting": known(host_facts()) if hosted_kind else absent(),
        "card": Card(present=True) if hub else Card(),
        "resolved_id": target.repo_id if isinstance(target, HubModel | HubDataset) else None,
        "availability": "available" if hub else None,
        "as_of": "2026-11-01",
        "answered_by": "catalog",
    }
    for name in ("publisher", "developer", "license", "weights", "hosting"):
        if name in fields:
            fields[name] = _fact(fields[name])
    return Component(target=target, **{**defaults, **fields})


def model(repo_id: str = "meta-llama/Llama-3.1-8B", **fields: Any) -> Component:
    return component(HubModel(repo_id), **fields)


def dataset(repo_id: str = "allenai/dolma", **fields: Any) -> Component:
    return component(HubDataset(repo_id), **fields)


def hosted(provider: str | None = "openai", name: str = "gpt-4o", **fields: Any) -> Component:
    fields.setdefault("hosting", known(host_facts(provider)))
    return component(HostedModel(provider, name), **fields)


def endpoint(host: str = "api.openai.com", **fields: Any) -> Component:
    fields.setdefault("developer", not_seen("developer"))
    fields.setdefault("publisher", not_seen("publisher"))
    fields.setdefault("license", not_seen("license"))
    fields.setdefault("hosting", known(host_facts("openai", host=host)))
    return component(Endpoint(host), **fields)


def registry(
    name: str = "ollama", model_name: str = "llama3.1", tag: str | None = "8b", **fields: Any
) -> Component:
    return component(RegistryModel(name, model_name, tag), **fields)


def weights_file(path: str = "models/model.safetensors", sha256: str | None = SHA256, **fields: Any) -> Component:
    fields.setdefault(
        "weights", known(Weights((WeightFile(path, 1000, sha256, "safetensors", "verified"),), (SAFETENSORS,)))
    )
    return component(WeightsFile(path, sha256), **fields)


def adapter(path: str = "adapters/x", base: str | None = "meta-llama/Llama-3.1-8B", **fields: Any) -> Component:
    return component(Adapter(path, base), **fields)


def library(purl: str = "pkg:pypi/transformers@5.0.0", **fields: Any) -> Component:
    version = purl.rpartition("@")[2] if "@" in purl.removeprefix("pkg:npm/@") else None
    fields.setdefault("version", version)
    fields.setdefault("lineage", lineage(complete=False))
    return component(Library(purl), **fields)


def tool_server(
    name: str = "files", location: str = "pkg:npm/%40modelcontextprotocol/server-filesystem@1.0.0", **fields: Any
) -> Component:
    return component(ToolServer(name, location), **fields)


def unresolvable(expression: str = "args.model", **fields: Any) -> Component:
    nothing = {
        name: not_seen(name, GapReason.DYNAMIC)
        for name in ("publisher", "developer", "license", "weights", "hosting")
    }
    fields.setdefault("lineage", lineage(complete=not_seen("lineage", GapReason.DYNAMIC)))
    return component(Unresolvable(expression), **{**nothing, "availability": None, **fields})


# --- wholes ----------------------------------------------------------------------------------------------
def at(part: Component, *references: Reference) -> Component:
    """The same component, referred to at these places."""
    return replace(part, references=tuple(references))


def inventory(*components: Component, gaps: Sequence[Gap] = ()) -> Inventory:
    """What discovery would have seen for these components."""
    references = sorted((r for part in components for r in part.references), key=reference_key)
    return Inventory(".", tuple(references), tuple(gaps), ScanStats(files_listed=1, files_read=1))


def finding(rule: str = "origin-allowed", level: Level = Level.ERROR, **fields: Any) -> Finding:
    part = fields.pop("of", None) or model()
    defaults: dict[str, Any] = {
        "status": Status.VIOLATION,
        "message": "developed in CN",
        "component": part.ref,
        "subject": part.name,
        "occurrences": tuple(r.occurrence for r in part.references),
        "because": (("developer", "Alibaba Cloud (Qwen), CN"),),
        "policy_location": f"policy.yaml:7  {rule}.deny_countries",
        "help": f"aicheck explain {rule}",
        "fingerprint": "0" * 32,
    }
    return Finding(rule, level, **{**defaults, **fields})


def report(*components: Component, findings: Sequence[Finding] = (), **fields: Any) -> Report:
    parts = tuple(sorted(components, key=lambda part: (part.kind.value, part.ref)))
    defaults: dict[str, Any] = {
        "tool": Tool("aicheck", "0.0.0"),
        "created": "2026-11-23T00:00:00Z",
        "project": "example",
        "project_version": None,
        "inventory": inventory(*parts),
        "gaps": (),
        "verdict": Verdict.FAIL if findings else Verdict.PASS,
        "policy": PolicyInfo("baseline", "0" * 64, "baseline"),
    }
    return Report(components=parts, findings=tuple(findings), **{**defaults, **fields})
