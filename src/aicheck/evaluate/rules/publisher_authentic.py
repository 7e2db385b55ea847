"""publisher-authentic: the namespace is the maker's, no look-alike, re-upload or name that changed hands."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from aicheck.core.component import Component, Organization, Relation, Weights
from aicheck.core.evidence import Absent, ClaimSource, Disputed, Fact, Known, Unseen, claims_of
from aicheck.core.target import Adapter, HubDataset, HubModel, Kind, WeightsFile
from aicheck.evaluate.reading import evidence, why_unseen
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import BOOLEAN, GLOBS, glob_any

_NAMES = (
    "01-ai adept ai21labs Alibaba-NLP allenai amazon anthropic apple Arcee-AI BAAI baichuan-inc baidu bigcode "
    "bigscience black-forest-labs ByteDance-Seed cardiffnlp CohereLabs CompVis cross-encoder databricks "
    "deepseek-ai deepmind distilbert EleutherAI facebook FacebookAI google google-bert google-t5 "
    "GoogleCloudPlatform HuggingFaceH4 HuggingFaceM4 HuggingFaceTB huggingface ibm-granite ibm-research "
    "inclusionAI Intel internlm jinaai LGAI-EXAONE liquidai llava-hf meta-llama microsoft MiniMaxAI mistralai "
    "mixedbread-ai moonshotai mosaicml NousResearch nomic-ai nvidia openai openai-community OpenGVLab openbmb "
    "Qwen RedHatAI runwayml Salesforce sentence-transformers ServiceNow Snowflake stabilityai stepfun-ai "
    "tencent tiiuae togethercomputer unsloth upstage XiaomiMiMo xai-org zai-org THUDM lmsys teknium bartowski "
    "TheBloke ggml-org mlx-community pyannote speechbrain timm coqui suno "
)
_WELL_KNOWN: Final = tuple(_NAMES.split())
"""Namespaces that people trust by name (knowledge)."""
_MIN_LENGTH: Final = 5
"""Shorter names are too near to each other for an edit to mean anything."""

_CONFUSABLE: Final = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
        "3": "e",
        "5": "s",
        "$": "s",
        "8": "b",
        "а": "a",  # noqa: RUF001 - Cyrillic and Greek letters that look Latin are the point
        "е": "e",  # noqa: RUF001
        "о": "o",  # noqa: RUF001
        "р": "p",  # noqa: RUF001
        "с": "c",  # noqa: RUF001
        "х": "x",  # noqa: RUF001
        "і": "l",  # noqa: RUF001
        "ο": "o",  # noqa: RUF001
        "α": "a",  # noqa: RUF001
        "-": None,
        "_": None,
        ".": None,
    }
)


def _skeleton(name: str) -> str:
    """What a name looks like at a glance."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_CONFUSABLE)
    return folded.replace("rn", "m").replace("vv", "w")


def _one_edit(left: str, right: str) -> bool:
    """One character inserted, deleted, replaced, or two neighbours swapped."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else b[1:] == a


_SKELETONS: Final = {_skeleton(name): name for name in _WELL_KNOWN}
_EXACT: Final = frozenset(name.casefold() for name in _WELL_KNOWN)


@lru_cache(maxsize=8192)
def _looks_like(namespace: str) -> str | None:
    """Return the well-known namespace that this one could be taken for."""
    folded = namespace.casefold()
    if folded in _EXACT:
        return None
    twin = _SKELETONS.get(_skeleton(namespace))
    if twin:
        return twin
    if len(folded) < _MIN_LENGTH:
        return None
    return next((n for n in _WELL_KNOWN if len(n) >= _MIN_LENGTH and _one_edit(folded, n.casefold())), None)


def _owner(model_id: str | None) -> str | None:
    return model_id.partition("/")[0] if model_id and "/" in model_id else None


def _on_record(fact: Fact[Organization], namespace: str) -> bool:
    """The namespace itself is known to aicheck, by a source that is more than its name."""
    return isinstance(fact, Known) and any(
        claim.source is ClaimSource.REGISTRY and (claim.value.namespace or "").casefold() == namespace.casefold()
        for claim in fact.claims
    )


def _copies(component: Component, weights: Weights, options: Options, namespace: str | None) -> Answer | None:
    declared = {step.id.casefold() for step in component.lineage.ancestors if step.declared}
    declared |= {
        step.id.casefold()
        for step in component.lineage.ancestors
        if step.relation is Relation.COPY and step.declared
    }
    others = [
        repo
        for repo in weights.identical_to
        if (_owner(repo) or "").casefold() != (namespace or "").casefold() and repo.casefold() not in declared
    ]
    if not others or (isinstance(component.publisher, Known) and component.publisher.value.role == "mirror"):
        return None
    developer = component.developer
    own = developer.value.namespace if isinstance(developer, Known) else None
    if own and namespace and own.casefold() == namespace.casefold():
        return None  # the others copied from here
    shown = ", ".join(others[:3])
    lines = (("identical", f"{shown}: the same weights by sha256"), *evidence(claims_of(component.weights), 1))
    if own is None and not any((_owner(repo) or "").casefold() in _EXACT for repo in others):
        return unknown(
            f"the same weights stand at {shown}, and which of them is the maker's is not known", "reuploads", lines
        )
    del options
    return violation(f"re-upload: the same weights stand at {shown}", "reuploads", lines)


def _hub_id(component: Component) -> str | None:
    target = component.target
    if isinstance(target, HubModel | HubDataset):
        return target.repo_id
    return component.resolved_id


def _answers(component: Component, options: Options) -> Iterator[Answer]:
    asked, answered = _hub_id(component), component.resolved_id
    namespace = _owner(asked)
    if namespace and options.flag("look_alikes") and not _on_record(component.publisher, namespace):
        twin = _looks_like(namespace)
        if twin:
            yield violation(
                f"the namespace '{namespace}' looks like '{twin}'", "look_alikes", (("asked for", asked or ""),)
            )
    if options.flag("moved") and namespace and answered and _owner(answered):
        new = _owner(answered) or ""
        if new.casefold() != namespace.casefold():
            yield violation(
                f"moved: '{asked}' now answers as '{answered}', and the old name can be taken by anyone",
                "moved",
                help=f"refer to '{answered}'",
            )
        elif component.availability == "moved":
            yield violation(
                f"moved: '{asked}' now answers as '{answered}'", "moved", help=f"refer to '{answered}'"
            )
    if options.flag("moved") and component.availability == "recreated":
        why = next((gap.detail for gap in component.gaps if gap.subject.endswith("#created")), "")
        yield violation(
            f"made anew: '{asked}' is younger than what was on record under this name",
            "moved",
            (("created", why),),
            help="find out who holds the name now, and pin the commit that you trust",
        )
    if options.flag("reuploads"):
        match component.weights:
            case Known(value=weights):
                answer = _copies(component, weights, options, _owner(answered) or namespace)
                if answer:
                    yield answer
            case Unseen() as fact:
                yield unknown(
                    f"whether the weights are a re-upload cannot be seen: {why_unseen(fact)}", "reuploads"
                )
            case Disputed(claims=claims):
                yield unknown("sources contradict each other on the weights", "reuploads", evidence(claims))
            case Absent():
                pass


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:  # noqa: ARG001 - a check's signature
    if isinstance(component.target, WeightsFile | Adapter) and not component.resolved_id:
        return  # lies in the tree: nobody published it under a name
    excepted = options.strings("except")
    if excepted:
        asked = _hub_id(component)
        if glob_any(excepted, (asked, component.resolved_id, _owner(asked))):
            return
    answers = list(_answers(component, options))
    certain = [answer for answer in answers if answer.known]
    yield from certain or answers[:1]


RULE: Final = Rule(
    "publisher-authentic",
    "The model stands under its maker's name.",
    (
        Option("look_alikes", BOOLEAN, "Namespaces that could be taken for a well-known one.", default=True),
        Option("reuploads", BOOLEAN, "The same weights by sha256 under another's namespace.", default=True),
        Option(
            "moved",
            BOOLEAN,
            "Names that now answer as another, or that were given up and taken anew.",
            default=True,
        ),
        Option("except", GLOBS, "Ids or namespaces to which this rule does not apply."),
    ),
    _check,
    frozenset({Kind.MODEL, Kind.DATASET, Kind.WEIGHTS, Kind.ADAPTER}),
)
