"""Reports for the tests of the formats: one rich, one of any size, one full of hostile text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

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
    unseen,
)
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Gap, GapReason, Known, Unseen
from aicheck.core.finding import Finding, Level, PolicyInfo, Status, Verdict, WaiverNote, WaiverState
from aicheck.core.reference import Inventory, Occurrence, Reference, ScanStats, Use
from aicheck.core.report import Baseline, Report, SourceInfo, Tool
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

COMMIT = "4f3c1a2b4f3c1a2b4f3c1a2b4f3c1a2b4f3c1a2b"

ALIBABA = Organization(
    name="Alibaba Cloud (Qwen)",
    country="CN",
    namespace="Qwen",
    legal_entity="Alibaba Cloud Computing Ltd.",
    type="company",
    role="developer",
    parent="Alibaba Group",
    parent_country="CN",
    lists=(ListFlag("1260H", "2026-06-08", "Federal Register"),),
)
NVIDIA = Organization(name="NVIDIA", country="US", namespace="nvidia", type="company", role="developer")
OPENAI = Organization(name="OpenAI", country="US", type="company")
APACHE = License(
    expression="Apache-2.0",
    name="Apache License 2.0",
    hub_id="apache-2.0",
    category="open-source",
    osi_approved=True,
    commercial_use="yes",
    share_alike=False,
    link="https://www.apache.org/licenses/LICENSE-2.0",
    verified="2026-11-01",
)
LLAMA = License(
    expression="LicenseRef-scancode-llama-3.1-license-2024",
    name="Llama 3.1 Community License",
    hub_id="llama3.1",
    category="open-weights-restricted",
    osi_approved=False,
    commercial_use="yes-with-conditions",
    thresholds=(LicenseThreshold("monthly-active-users", 7e8, "users"),),
    attribution='"Built with Llama"',
    naming='name begins with "Llama"',
    use_restrictions="acceptable use policy",
)


def known(value, source=ClaimSource.CARD, confidence=1.0, locator="README.md", **more):
    return Known(value, (Claim(value, source, confidence, locator, "2026-11-01", **more),))


def place(path="app.py", line=1, column=1, raw="Qwen/Qwen3-8B", symbol="AutoModel.from_pretrained", use=Use.LOAD):
    return Occurrence(path, line, column, column + len(raw), raw, symbol, "python", use)


def ref(target: Target, occurrence: Occurrence | None = None, confidence=0.99, **attributes: str) -> Reference:
    return Reference(
        target,
        occurrence or place(raw=str(target)),
        confidence,
        tuple(sorted(attributes.items())),
    )


def component(target: Target, **more) -> Component:
    name = str(target)
    base = {
        "ref": name,
        "target": target,
        "purl": None,
        "references": (),
        "publisher": unseen(name, "publisher"),
        "developer": unseen(name, "developer"),
        "lineage": Lineage((), (), unseen(name, "lineage")),
        "license": unseen(name, "license"),
        "weights": unseen(name, "weights"),
        "revision": Revision((), unseen(name, "revision"), pinned=False),
        "hosting": Absent(()),
    }
    return Component(**{**base, **more})


def ancestor(name: str, child: str, depth: int, *, root=False, declared=True, developer=ALIBABA) -> Ancestor:
    return Ancestor(
        id=name,
        relation=Relation.FINETUNE,
        child=child,
        depth=depth,
        declared=declared,
        confidence=1.0 if declared else 0.8,
        developer=known(developer, ClaimSource.REGISTRY, locator="origins:Qwen"),
        license=known(APACHE),
        root=root,
        commit=COMMIT,
        claims=(Claim(name, ClaimSource.CARD, 1.0, f"README.md@{COMMIT}", "2026-11-01", ""),),
    )


def components() -> tuple[Component, ...]:
    nemotron = HubModel("nvidia/OpenReasoning-Nemotron-7B")
    qwen = HubModel("Qwen/Qwen2.5-7B")
    purl = f"pkg:huggingface/nvidia/OpenReasoning-Nemotron-7B@{COMMIT}"
    qwen_purl = f"pkg:huggingface/Qwen/Qwen2.5-7B@{COMMIT}"
    data = HubDataset("nvidia/OpenCodeReasoning")
    return (
        component(
            data,
            ref="hf-dataset:nvidia/OpenCodeReasoning",
            references=(ref(data, place("train.py", 3, 9, data.repo_id, "load_dataset")),),
            publisher=known(NVIDIA),
            license=known(replace(APACHE, expression="CC-BY-4.0", hub_id="cc-by-4.0", name="CC BY 4.0")),
        ),
        component(
            Endpoint("api.deepseek.com"),
            references=(ref(Endpoint("api.deepseek.com"), place("app.py", 20, 12, "https://api.deepseek.com")),),
            hosting=known(
                Hosting(
                    "deepseek",
                    "DeepSeek",
                    "api.deepseek.com",
                    "Hangzhou DeepSeek",
                    "CN",
                    "CN",
                    ("CN",),
                    openai_compatible=True,
                    kind="vendor-api",
                ),
                ClaimSource.REGISTRY,
            ),
        ),
        component(
            HostedModel("openai", "gpt-4o", "api.openai.com"),
            references=(ref(HostedModel("openai", "gpt-4o", "api.openai.com"), place("app.py", 22, 8, "gpt-4o")),),
            publisher=known(OPENAI, ClaimSource.REGISTRY),
            developer=known(OPENAI, ClaimSource.REGISTRY),
            hosting=known(
                Hosting("openai", "OpenAI API", "api.openai.com", "OpenAI OpCo, LLC", "US", "US", ("US",))
            ),
            availability="deprecated",
        ),
        component(
            HostedModel(None, "mystery-1"),
            references=(ref(HostedModel(None, "mystery-1"), place("app.py", 30, 8, "mystery-1"), 0.6),),
            hosting=Unseen(Gap("api:?/mystery-1#hosting", GapReason.UNBOUND, "the base URL comes from outside")),
            gaps=(Gap("api:?/mystery-1#hosting", GapReason.UNBOUND, "the base URL comes from outside"),),
        ),
        component(
            qwen,
            ref=qwen_purl,
            purl=qwen_purl,
            references=(ref(qwen, place("conf.yaml", 4, 10, qwen.repo_id, "spec.model", Use.CONFIG)),),
            publisher=known(ALIBABA, ClaimSource.REGISTRY),
            developer=known(ALIBABA, ClaimSource.REGISTRY),
            lineage=Lineage((), (), known(value=True, source=ClaimSource.REGISTRY)),
            license=known(APACHE),
            revision=Revision(("",), known(COMMIT, ClaimSource.HUB), pinned=False),
            weights=known(
                Weights(
                    (WeightFile("model-00001-of-00004.safetensors", 3945441440, "a" * 64, "safetensors"),),
                    (FileFormat("safetensors", Safety.SAFE),),
                ),
                ClaimSource.FILE_LIST,
            ),
            resolved_id=qwen.repo_id,
            availability="available",
            as_of="2026-10-01",
            answered_by="catalog",
        ),
        component(
            nemotron,
            ref=purl,
            purl=purl,
            references=(
                ref(
                    nemotron,
                    place("services/rag/app.py", 14, 35, nemotron.repo_id),
                    trust_remote_code="true",
                ),
                ref(nemotron, place("services/rag/Dockerfile", 3, 20, nemotron.repo_id, "RUN", Use.DEPLOY), 0.95),
            ),
            publisher=known(NVIDIA, ClaimSource.REGISTRY),
            developer=known(NVIDIA, ClaimSource.REGISTRY),
            lineage=Lineage(
                (
                    ancestor("Qwen/Qwen2.5-7B-Instruct", nemotron.repo_id, 1),
                    ancestor("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B-Instruct", 2, root=True),
                ),
                (
                    DataSource(
                        "deepseek-ai/DeepSeek-R1-0528", "teacher", known(replace(ALIBABA, name="DeepSeek")), ()
                    ),
                ),
                known(value=True, source=ClaimSource.INFERENCE, note="all paths end at known roots"),
            ),
            license=Disputed(
                (
                    Claim(APACHE, ClaimSource.CARD, 1.0, "README.md"),
                    Claim(LLAMA, ClaimSource.FILE_LIST, 0.9, "LICENSE"),
                )
            ),
            revision=Revision(("", "main"), known(COMMIT, ClaimSource.HUB), pinned=False),
            weights=known(
                Weights(
                    (
                        WeightFile("model.safetensors", 15231271888, "b" * 64, "safetensors"),
                        WeightFile("pytorch_model.bin", 15231271888, "c" * 64, "pytorch-pickle"),
                    ),
                    (FileFormat("safetensors", Safety.SAFE), FileFormat("pytorch-pickle", Safety.EXECUTABLE)),
                    remote_code=("modeling_x.py",),
                    signature="absent",
                    scan_status="safe",
                ),
                ClaimSource.FILE_LIST,
            ),
            card=Card(
                present=True,
                task="text-generation",
                library="transformers",
                architecture_family="qwen2",
                architecture="Qwen2ForCausalLM",
                parameters=7615616512,
                context_length=32768,
                languages=("en",),
                datasets=("nvidia/OpenCodeReasoning",),
                tags=("reasoning",),
                created="2025-07-16",
                modified="2025-08-01",
                metrics=(("accuracy", "0.91", "AIME 2025"), ("pass@1", "0.5", "")),
                emissions=1250.5,
                text_read=True,
                limitations="May hallucinate.",
                summary="A reasoning model for maths, code and science.",
            ),
            resolved_id=nemotron.repo_id,
            availability="available",
            gaps=(Gap(f"{nemotron}#training", GapReason.NOT_STATED, "no training summary"),),
            as_of="2026-10-01",
            answered_by="catalog",
        ),
        component(
            RegistryModel("ollama", "qwen3", "8b"),
            purl="pkg:oci/qwen3?repository_url=registry.ollama.ai/library/qwen3&tag=8b",
            references=(
                ref(RegistryModel("ollama", "qwen3", "8b"), place("Modelfile", 1, 6, "qwen3:8b", "FROM")),
            ),
            stands_for=known("Qwen/Qwen3-8B", ClaimSource.REGISTRY),
            developer=known(ALIBABA, ClaimSource.REGISTRY),
        ),
        component(
            WeightsFile("models/a.gguf", "d" * 64),
            references=(ref(WeightsFile("models/a.gguf", "d" * 64), place("models/a.gguf", 1, 1, "a.gguf")),),
            weights=known(
                Weights(
                    (WeightFile("models/a.gguf", 100, "d" * 64, "gguf", "verified"),),
                    (FileFormat("gguf", Safety.SAFE),),
                    identical_to=("Qwen/Qwen3-8B-GGUF",),
                ),
                ClaimSource.WEIGHTS_HEADER,
            ),
        ),
        component(
            Adapter("adapters/sql", "Qwen/Qwen2.5-7B"),
            references=(
                ref(Adapter("adapters/sql", "Qwen/Qwen2.5-7B"), place("adapters/sql/adapter_config.json")),
            ),
        ),
        component(
            Library("pkg:pypi/transformers@4.56.0"),
            ref="pkg:pypi/transformers@4.56.0",
            purl="pkg:pypi/transformers@4.56.0",
            version="4.56.0",
            references=(
                ref(
                    Library("pkg:pypi/transformers@4.56.0"),
                    place("requirements.txt", 3, 1, "transformers==4.56.0", "", Use.DEPENDENCY),
                    1.0,
                    scope="runtime",
                    ai="inference",
                ),
            ),
            license=known(APACHE),
        ),
        component(
            ToolServer("files", "pkg:npm/%40modelcontextprotocol/server-filesystem@1.0.0"),
            references=(
                ref(
                    ToolServer("files", "pkg:npm/%40modelcontextprotocol/server-filesystem@1.0.0"),
                    place(".mcp.json", 3, 5, "files", "mcpServers.files", Use.CONFIG),
                ),
            ),
        ),
        component(
            Unresolvable("settings.model"),
            references=(ref(Unresolvable("settings.model"), place("app.py", 40, 8, "settings.model"), 0.9),),
            gaps=(Gap("dynamic:settings.model", GapReason.DYNAMIC, "set at run time", "app.py", 40, 8),),
        ),
    )


def findings(parts: tuple[Component, ...]) -> tuple[Finding, ...]:
    by_name = {str(part.target): part for part in parts}
    model = by_name["hf:nvidia/OpenReasoning-Nemotron-7B"]
    places = tuple(reference.occurrence for reference in model.references)
    return (
        Finding(
            "origin-allowed",
            Level.ERROR,
            Status.VIOLATION,
            "weights descend from a model developed in CN",
            model.ref,
            model.name,
            places,
            (
                (
                    "lineage",
                    "nvidia/OpenReasoning-Nemotron-7B → Qwen/Qwen2.5-7B-Instruct → Qwen/Qwen2.5-7B (Alibaba Cloud, CN)",
                ),
                ("evidence", "base_model in the model card @ 4f3c1a2, declared"),
            ),
            "policies/us-dod.yaml:21  origin-allowed.deny_countries",
            "aicheck explain origin-allowed",
            None,
            "0123456789abcdef0123456789abcdef",
        ),
        Finding(
            "weights-safe",
            Level.ERROR,
            Status.VIOLATION,
            "weights include pickle files, which run code when loaded",
            model.ref,
            model.name,
            places[:1],
            (("files", "pytorch_model.bin"),),
            "policies/us-dod.yaml:30  weights-safe",
            "aicheck explain weights-safe",
            WaiverNote(
                "weights-safe",
                "pkg:huggingface/nvidia/*",
                "loaded with use_safetensors",
                "ml-platform@example.org",
                "2026-12-01",
                WaiverState.EXPIRING,
                location="policies/us-dod.yaml:60",
            ),
            "1123456789abcdef0123456789abcdef",
        ),
        Finding(
            "provider-allowed",
            Level.WARNING,
            Status.UNKNOWN,
            "the provider of this model is not known",
            "api:?/mystery-1",
            "?/mystery-1",
            (place("app.py", 30, 8, "mystery-1"),),
            (("looked for", "base URL"),),
            "policies/us-dod.yaml:25  provider-allowed.on_unknown",
            "aicheck explain provider-allowed",
            None,
            "2123456789abcdef0123456789abcdef",
        ),
        Finding(
            "inventory-complete",
            Level.NOTE,
            Status.UNKNOWN,
            "one file could not be read",
            None,
            "demo",
            (),
            (),
            "policies/us-dod.yaml:40  inventory-complete",
            "",
            None,
            "3123456789abcdef0123456789abcdef",
        ),
    )


def sample_report() -> Report:
    parts = components()
    references = tuple(
        sorted(
            (reference for part in parts for reference in part.references),
            key=lambda one: (one.occurrence.path, one.occurrence.line, one.occurrence.column, str(one.target)),
        )
    )
    file_gap = Gap("broken.yaml", GapReason.UNPARSABLE, "mapping values are not allowed here", "broken.yaml", 3, 8)
    gaps = tuple(
        sorted(
            (file_gap, *(gap for part in parts for gap in part.gaps)), key=lambda gap: (gap.subject, gap.reason)
        )
    )
    waiver = findings(parts)[1].waiver
    assert waiver is not None
    return Report(
        tool=Tool("aicheck", "0.1.0"),
        created="2026-11-23T12:00:00Z",
        project="demo",
        project_version=COMMIT,
        inventory=Inventory(
            ".",
            references,
            (file_gap,),
            ScanStats(12, 10, 4096, 1),
            excerpts=(
                ("app.py", 30, '    model="mystery-1",'),
                (
                    "services/rag/app.py",
                    14,
                    'model = AutoModel.from_pretrained("nvidia/OpenReasoning-Nemotron-7B")',
                ),
            ),
        ),
        components=parts,
        findings=findings(parts),
        gaps=gaps,
        verdict=Verdict.FAIL,
        policy=PolicyInfo(
            "us-dod",
            "e" * 64,
            "policies/us-dod.yaml",
            ("policies/baseline.yaml", "policies/us-dod.yaml"),
            (("origin-allowed", "error"), ("weights-safe", "error"), ("provider-allowed", "warning")),
            "For contractors of the DoD.",
        ),
        waivers=(
            waiver,
            WaiverNote(
                "revision-pinned", "pkg:huggingface/x/*", "old", "a@b.c", "2026-01-01", WaiverState.EXPIRED
            ),
        ),
        sources=SourceInfo("2026-10-01", "2026-11-20", None, None, offline=True),
        baseline=Baseline(
            "main",
            new_findings=("0123456789abcdef0123456789abcdef",),
            resolved_findings=("f" * 32,),
            added=("hf:nvidia/OpenReasoning-Nemotron-7B",),
            removed=("hf:openai-community/gpt2",),
            changed=(),
        ),
    )


def empty_report() -> Report:
    return replace(
        sample_report(),
        inventory=Inventory(".", (), ()),
        components=(),
        findings=(),
        gaps=(),
        verdict=Verdict.PASS,
        waivers=(),
        baseline=None,
    )


def big_report(count: int) -> Report:
    """`count` components: one model in ten with lineage and weights, the rest libraries."""
    sample = sample_report()
    model = next(part for part in sample.components if len(part.references) > 1)
    library = next(part for part in sample.components if isinstance(part.target, Library))
    parts: list[Component] = []
    for number in range(count):
        if number % 10 == 0:
            target: Target = HubModel(f"org{number % 97}/model-{number:06}")
            purl = f"pkg:huggingface/org{number % 97}/model-{number:06}@{number:040x}"
            source = model
        else:
            purl = f"pkg:pypi/library-{number:06}@1.{number}"
            target, source = Library(purl), library
        references = (ref(target, place(f"src/f{number % 500}.py", number + 1, 5, "x")),)
        commit = Revision(("",), known(f"{number:040x}", ClaimSource.HUB), pinned=False)
        parts.append(
            replace(
                source,
                ref=purl,
                purl=purl,
                target=target,
                references=references,
                revision=commit,
                gaps=(),
                resolved_id=None,
            )
        )
    ordered = tuple(sorted(parts, key=lambda part: (part.kind.value, part.ref)))
    references = tuple(reference for part in ordered for reference in part.references)
    return replace(
        sample,
        components=ordered,
        inventory=replace(sample.inventory, references=references),
        findings=(),
        gaps=(),
    )


def only_models(count: int) -> Report:
    """`count` models with lineage and weights, each with a finding."""
    big = big_report(count * 10)
    models = tuple(part for part in big.components if isinstance(part.target, HubModel))
    sample = sample_report().findings[0]
    return replace(
        big,
        components=models,
        inventory=replace(big.inventory, references=tuple(one for part in models for one in part.references)),
        findings=tuple(
            replace(
                sample,
                component=part.ref,
                subject=part.name,
                fingerprint=f"{number:032x}",
                occurrences=tuple(reference.occurrence for reference in part.references),
            )
            for number, part in enumerate(models)
            if number % 3 == 0
        ),
    )


def hostile_report(payload: str) -> Report:
    """The sample with `payload` wherever foreign text can stand."""
    sample = sample_report()
    organization = replace(ALIBABA, name=payload, legal_entity=payload, note=payload)
    parts = []
    for number, part in enumerate(sample.components):
        target = part.target
        if isinstance(target, HubModel):
            target = HubModel(f"evil{number}/{payload}")
        elif isinstance(target, HostedModel):
            target = HostedModel(target.provider, f"{payload}{number}", payload)
        elif isinstance(target, Unresolvable):
            target = Unresolvable(payload)
        references = tuple(
            replace(
                one,
                target=target,
                occurrence=replace(
                    one.occurrence, raw=payload[:500], symbol=payload[:200], path=f"src/{payload[:80]}.py"
                ),
                attributes=(("base_url", payload[:200]),),
            )
            for one in part.references
        )
        parts.append(
            replace(
                part,
                ref=f"{part.ref}#{number}",
                target=target,
                references=references,
                publisher=known(organization, locator=payload, note=payload),
                developer=known(organization, locator=payload),
                license=known(replace(APACHE, name=payload, attribution=payload, hub_name=payload)),
                card=replace(part.card, task=payload, summary=payload, limitations=payload, tags=(payload,)),
                lineage=Lineage(
                    tuple(
                        replace(one, id=f"up/{payload}", developer=known(organization))
                        for one in part.lineage.ancestors[:1]
                    ),
                    tuple(replace(one, id=payload) for one in part.lineage.data),
                    part.lineage.complete,
                ),
                resolved_id=None,
                gaps=(Gap(payload, GapReason.NOT_STATED, payload, payload, 1, 1),),
            )
        )
    new_findings = tuple(
        replace(
            one,
            message=payload,
            subject=payload,
            component=None,
            occurrences=tuple(
                replace(spot, raw=payload[:500], path=f"src/{payload[:80]}.py") for spot in one.occurrences
            ),
            because=((payload, payload),),
            policy_location=payload,
            help=payload,
            waiver=None
            if one.waiver is None
            else replace(one.waiver, reason=payload, owner=payload, purl=payload),
        )
        for one in sample.findings
    )
    return replace(
        sample,
        project=payload,
        components=tuple(parts),
        findings=new_findings,
        gaps=(Gap(payload, GapReason.UNPARSABLE, payload, payload, 1, 1),),
        inventory=replace(
            sample.inventory,
            references=tuple(one for part in parts for one in part.references),
            excerpts=tuple((f"src/{payload[:80]}.py", line, payload[:400]) for line in (14, 20, 22, 30)),
        ),
        waivers=tuple(replace(one, reason=payload, owner=payload) for one in sample.waivers),
    )


# What aicheck writes itself, by field: everything else may come from a scanned tree, a card, a BOM or a lock.
_OWN = frozenset({"created", "fingerprint", "ref", "component", "tool", "sha256", "provider", "registry", "purl"})


def poisoned_report(payload: str) -> Report:
    """The sample with `payload` in *every* text of it, whatever it means; nothing that is added later is left out."""

    def poison(value: Any, name: str = "") -> Any:
        if name in _OWN or isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return payload
        if isinstance(value, tuple):
            return tuple(poison(item) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            return type(value)(**{one.name: poison(getattr(value, one.name), one.name) for one in fields(value)})
        return value

    report = poison(sample_report())
    assert isinstance(report, Report)
    return report
