"""One component of the AI-BOM with everything that is known of it.

Five things are kept apart, always: publisher (whose namespace), developer (who made it), weights lineage
(initialised from), data lineage (trained on the outputs of) and host (who runs it).
"""

from __future__ import annotations

from enum import StrEnum

from aicheck.core.evidence import Claim, Fact, Gap, GapReason, Unseen
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Reference
from aicheck.core.target import Kind, Target, kind_of

__all__ = [
    "Ancestor",
    "Card",
    "Component",
    "DataSource",
    "FileFormat",
    "Hosting",
    "License",
    "LicenseThreshold",
    "Lineage",
    "ListFlag",
    "Organization",
    "Relation",
    "Revision",
    "Safety",
    "WeightFile",
    "Weights",
    "unseen",
]


@dataclass(frozen=True, slots=True)
class ListFlag:
    """An organisation stands on a government list."""

    list: str
    """`1260H`, `entity-list`, `ofac-sdn`, `ndaa-1532` …; names as in `knowledge/data/lists`."""
    since: str
    """ISO date or year."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Organization:
    """A house that publishes, develops or runs models."""

    name: str
    """Common name: `Alibaba Cloud (Qwen)`."""
    country: str | None
    """ISO 3166-1 alpha-2 of the seat of the responsible entity; None = not known. `EU`, `INTL` are not
    countries: a consortium has None and says so in `note`."""
    namespace: str | None = None
    """Hub namespace, where it has one."""
    legal_entity: str | None = None
    type: str | None = None
    """`company`, `university`, `government`, `non-profit`, `community`, `individual`."""
    role: str | None = None
    """`developer`, `redistributor`, `requantiser`, `mirror`: what the namespace mostly does."""
    parent: str | None = None
    parent_country: str | None = None
    lists: tuple[ListFlag, ...] = ()
    """Flags of the organisation and, where the list's rule reaches them, of its parents."""
    note: str = ""


class Relation(StrEnum):
    """How the weights of a model came from another's."""

    FINETUNE = "finetune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    MERGE = "merge"
    DISTILL = "distill"
    """Weights initialised from one model, trained on another's outputs: the edge to the initial weights."""
    COMPONENT = "component"
    """A part (a vision encoder, a draft model) with the other's weights inside."""
    COPY = "copy"
    """The same bytes under another name."""
    CONVERSION = "conversion"
    """Another format of the same weights, unquantised."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One model from which the weights descend."""

    id: str
    """Hub id in the Hub's own spelling where known (`Qwen/Qwen2.5-7B`), else as declared."""
    relation: Relation
    """Relation of the child on the path to this ancestor."""
    child: str
    """Id of the model whose parent this is (the component's own id at depth 1)."""
    depth: int
    """1 = direct parent."""
    declared: bool
    """True where the child's card, tags or configuration state it; False where inferred or on record only."""
    confidence: float
    developer: Fact[Organization]
    license: Fact[License]
    root: bool
    """No further ancestor is known *and* it is held to be trained from scratch or the end of what is known."""
    commit: str | None = None
    claims: tuple[Claim[str], ...] = ()
    """Each claim's value is this ancestor's id as that source spells it."""
    card_seen: bool = False
    """The child's card or tags were read. Only then `declared=False` says that the publisher does not state
    the ancestor; otherwise it says that nobody looked."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """Data lineage: a teacher model or a dataset made by a model."""

    id: str
    kind: str
    """`teacher` (trained on its outputs), `dataset` (named training data), `reward` (judged by it)."""
    developer: Fact[Organization]
    claims: tuple[Claim[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the weights (`ancestors`) and the training data (`data`) come from."""

    ancestors: tuple[Ancestor, ...]
    """Breadth-first, every known ancestor once, nearest first; empty for a model trained from scratch."""
    data: tuple[DataSource, ...]
    complete: Fact[bool]
    """Known(True): every path ends at a model known to be trained from scratch. Known(False) is not used;
    a path that ends in the unknown is Unseen; contradictory declarations are Disputed."""
    concealed: bool = False
    """An ancestor was inferred from the weights or configuration although the card declares none or another."""


@dataclass(frozen=True, slots=True)
class LicenseThreshold:
    """A limit above which other terms apply."""

    metric: str
    """`monthly-active-users`, `annual-revenue`, `funding`, `monthly-revenue`, `employees`, `images`."""
    value: float
    unit: str
    """`users`, `USD`, `CNY`, `EUR` …"""
    effect: str = "separate-license"
    """`separate-license`, `not-permitted`, `attribution`, `notify`."""
    period: str = ""


@dataclass(frozen=True, slots=True)
class License:
    """A licence and its terms. `None` in a term = the knowledge does not say."""

    expression: str
    """SPDX expression; `LicenseRef-scancode-*` or `LicenseRef-aicheck-*` where SPDX has no identifier."""
    name: str = ""
    hub_id: str | None = None
    """The Hub's licence identifier (`apache-2.0`, `llama3.1`, `other`)."""
    hub_name: str | None = None
    """`license_name` of the card."""
    category: str | None = None
    """`open-source`, `open-weights-restricted`, `responsible-ai`, `copyleft`, `source-available`,
    `non-commercial`, `research-only`, `data`, `proprietary`, `none`, `unknown`."""
    osi_approved: bool | None = None
    commercial_use: str | None = None
    """`yes`, `yes-with-conditions`, `no`; None = not known."""
    thresholds: tuple[LicenseThreshold, ...] = ()
    territory_exclusions: tuple[str, ...] = ()
    """ISO country codes, `EU` for its member states as the licences write it."""
    attribution: str | None = None
    """The duty, in a phrase: `"Built with Llama" on a website …`."""
    naming: str | None = None
    """A duty on the name of derivatives: `name begins with "Llama"`."""
    share_alike: bool | None = None
    use_restrictions: str | None = None
    output_restrictions: str | None = None
    """Limits on training other models with the outputs."""
    link: str | None = None
    verified: str | None = None
    """ISO date on which the terms were last checked."""
    note: str = ""


class Safety(StrEnum):
    """What loading a file can do."""

    SAFE = "safe"
    """Data only: safetensors, GGUF, plain ONNX, flatbuffers, msgpack."""
    EXECUTABLE = "executable"
    """Loading may run code: pickle, PyTorch archives, joblib, Keras Lambda, TensorFlow SavedModel, TorchScript."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A weights format and its risk."""

    id: str
    """`safetensors`, `gguf`, `pytorch-pickle`, `onnx`, `keras-h5`, `tflite`, `coreml` …"""
    safety: Safety


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model repository or of the tree."""

    path: str
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    format: str | None = None
    status: str | None = None
    """Local files compared with the Hub's listing: `verified`, `modified`, `unknown`; None = not compared."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of a model."""

    files: tuple[WeightFile, ...]
    formats: tuple[FileFormat, ...]
    remote_code: tuple[str, ...] = ()
    """Python files that `trust_remote_code` would run."""
    auto_map: bool | None = None
    signature: str | None = None
    """`signed-consistent`, `signed-mismatch`, `present-unchecked`, `absent`; None = not looked."""
    scan_status: str | None = None
    """The Hub's own security scan: `safe`, `suspicious`, `unsafe`; None = no answer."""
    scan_issues: tuple[str, ...] = ()
    identical_to: tuple[str, ...] = ()
    """`owner/name` of repositories on record with the same weights by sha256."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What was asked for and what it is."""

    requested: tuple[str, ...]
    """Every revision written at the references, sorted; '' stands for references that name none."""
    commit: Fact[str]
    """40 hex digits, lower case."""
    pinned: bool
    """Every reference that loads it names a full commit."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """Who runs a hosted model or endpoint."""

    provider: str | None
    """Slug as in `knowledge.hosts`."""
    provider_name: str | None
    host: str | None
    operator: str | None
    operator_country: str | None
    contract_country: str | None = None
    processing_countries: tuple[str, ...] = ()
    """As stated by the operator; empty = not stated."""
    processing_note: str = ""
    openai_compatible: bool | None = None
    router: bool = False
    """The gateway decides at run time who serves the model."""
    local: bool = False
    """localhost, a private address, a cluster-internal name: run by whoever runs the project."""
    kind: str | None = None
    """`vendor-api`, `inference-host`, `aggregator`, `router`, `cloud`, `self-hosted`, `gateway`."""
    lists: tuple[ListFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """Descriptive facts for the model card of the BOM; None and () = not stated."""

    present: bool | None = None
    task: str | None = None
    library: str | None = None
    architecture_family: str | None = None
    """`model_type` of the configuration: `qwen2`."""
    architecture: str | None = None
    """Class: `Qwen2ForCausalLM`."""
    parameters: int | None = None
    context_length: int | None = None
    quantization: str | None = None
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    created: str | None = None
    modified: str | None = None
    downloads: int | None = None
    likes: int | None = None
    training_summary: str | None = None
    """Link to a public summary of training content (AI Act Art. 53(1)(d)), where the card has one."""
    acceptable_use: str | None = None
    limitations: str | None = None
    summary: str | None = None
    text_read: bool = False
    """The card's text was read, and not only its front matter: only then is what it does not say not said."""
    metrics: tuple[tuple[str, str, str], ...] = ()
    """(metric, value, data set or '') as the card reports them; nobody has checked them."""
    emissions: float | None = None
    """Grams of CO2 equivalent that the training caused, as the card states."""


@dataclass(frozen=True, slots=True)
class Component:
    """A target with its sightings and facts."""

    ref: str
    """bom-ref: the purl with the resolved commit (`pkg:huggingface/Qwen/Qwen3-8B@<commit>`), or the
    target's canonical spelling where there is no purl type; unique within a report."""
    target: Target
    purl: str | None
    references: tuple[Reference, ...]
    publisher: Fact[Organization]
    developer: Fact[Organization]
    lineage: Lineage
    license: Fact[License]
    weights: Fact[Weights]
    revision: Revision
    hosting: Fact[Hosting]
    """Absent for what is not hosted by anyone else; Unseen where the provider is not known."""
    card: Card = Card()
    resolved_id: str | None = None
    """Hub id that answered (differs from the target after a rename, a move, an alias, another registry)."""
    stands_for: Fact[str] | None = None
    """For hosted and registry models: the Hub id of the open weights behind the name, where known."""
    availability: str | None = None
    """`available`, `gated`, `disabled`, `deleted`, `moved`, `recreated` (younger than what is on record under this
    name), `deprecated`; None = not looked."""
    version: str | None = None
    """Of libraries; None where not locked."""
    gaps: tuple[Gap, ...] = ()
    as_of: str | None = None
    """ISO date of the oldest fact this component rests on."""
    answered_by: str | None = None
    """`lock`, `catalog`, `hub`, `file`, `knowledge`; None = nothing answered."""

    @property
    def kind(self) -> Kind:
        """Kind of the target."""
        return kind_of(self.target)

    @property
    def name(self) -> str:
        """What people call it: the id without scheme."""
        text = str(self.target)
        return text if text.startswith("pkg:") else text.partition(":")[2]


def unseen(subject: str, fact: str, reason: GapReason = GapReason.NOT_STATED, detail: str = "") -> Unseen:
    """Shorthand for a fact that no source states."""
    return Unseen(Gap(f"{subject}#{fact}", reason, detail))
