"""Components written down in a policy's test cases: plain data in, the frozen values of `core` out.

What a case does not state is unseen, as in life. Facts are written as a value, or as one of the words
`unseen`, `absent`, or as `{disputed: [value, value]}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

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
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Gap, GapReason, Known
from aicheck.core.reference import Inventory, Occurrence, Reference, Use, reference_key
from aicheck.core.target import (
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Library,
    Target,
    ToolServer,
    Unresolvable,
    parse_target,
)
from aicheck.evaluate.document import Document, Path

__all__ = ["given_components", "given_inventory"]

T = TypeVar("T")

_REASONS: Final = {reason.value for reason in GapReason}
_EXECUTABLE: Final = frozenset(
    {"pytorch-pickle", "pickle", "joblib", "keras-lambda", "tensorflow-savedmodel", "torchscript", "keras-h5"}
)
_SAFE: Final = frozenset({"safetensors", "gguf", "onnx", "tflite", "msgpack", "coreml"})


class _Case:
    """One given component, with the places of its values for errors."""

    def __init__(self, document: Document, path: Path, data: Mapping[str, Any]) -> None:
        self.document = document
        self.path = path
        self.data = data
        self.name = data["target"]

    def fact(self, value: Any, read: Callable[[Any, Path], T], path: Path, name: str) -> Fact[T]:
        if value is None:
            return unseen(self.name, name)
        if value == "absent":
            return Absent((Claim(None, ClaimSource.CARD, 1.0, "test case"),))
        if value == "unseen" or (isinstance(value, Mapping) and set(value) == {"unseen"}):
            reason = value["unseen"] if isinstance(value, Mapping) else "not-stated"
            if reason not in _REASONS:
                raise self.document.error(
                    f"'{reason}' is no reason of a gap", path, hint=", ".join(sorted(_REASONS))
                )
            return unseen(self.name, name, GapReason(reason))
        if isinstance(value, Mapping) and set(value) == {"disputed"}:
            sides = value["disputed"]
            if not isinstance(sides, list) or len(sides) < 2:  # noqa: PLR2004 - a dispute has two sides
                raise self.document.error("a disputed fact has a list of at least two sides", path)
            read_sides = [read(side, (*path, "disputed", index)) for index, side in enumerate(sides)]
            sources = (ClaimSource.CARD, ClaimSource.TAG, ClaimSource.CONFIG)
            return Disputed(
                tuple(Claim(side, sources[i % 3], 0.9, "test case") for i, side in enumerate(read_sides))
            )
        read_value = read(value, path)
        return Known(read_value, (Claim(read_value, ClaimSource.REGISTRY, 1.0, "test case"),))

    def build(self, cls: Callable[..., T], value: Any, path: Path, **made: Any) -> T:
        """Build a frozen value from a mapping; lists become tuples, unknown keys are errors."""
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # frozen values only
        if not isinstance(value, Mapping):
            raise self.document.error("expected a mapping", path, hint="keys: " + ", ".join(names))
        for key in value:
            if key not in names:
                raise self.document.error(f"unknown key '{key}'", (*path, key), key=True, hint=", ".join(names))
        plain = {key: tuple(inner) if isinstance(inner, list) else inner for key, inner in value.items()}
        try:
            return cls(**{**plain, **made})
        except TypeError as error:
            raise self.document.error(f"not complete: {error}", path) from None

    def flags(self, value: Any) -> tuple[ListFlag, ...]:
        items = value.get("lists", []) if isinstance(value, Mapping) else []
        return tuple(ListFlag(str(item), "") for item in items)

    def organization(self, value: Any, path: Path) -> Organization:
        if isinstance(value, str):  # `Alibaba Cloud, CN`
            name, comma, country = value.rpartition(",")
            return Organization(name.strip(), country.strip()) if comma else Organization(value, None)
        return self.build(Organization, {"country": None, **value}, path, lists=self.flags(value))

    def license(self, value: Any, path: Path) -> License:
        if isinstance(value, str):
            return License(value)
        limits = value.get("thresholds", []) if isinstance(value, Mapping) else []
        thresholds = tuple(
            self.build(LicenseThreshold, limit, (*path, "thresholds", index)) for index, limit in enumerate(limits)
        )
        return self.build(License, value, path, thresholds=thresholds)

    def weights(self, value: Any, path: Path) -> Weights:
        formats = tuple(
            FileFormat(
                name,
                Safety.SAFE if name in _SAFE else Safety.EXECUTABLE if name in _EXECUTABLE else Safety.UNKNOWN,
            )
            for name in (value.get("formats", []) if isinstance(value, Mapping) else [])
        )
        listed = value.get("files", []) if isinstance(value, Mapping) else []
        files = tuple(self.build(WeightFile, file, (*path, "files", index)) for index, file in enumerate(listed))
        return self.build(Weights, value, path, formats=formats, files=files)

    def hosting(self, value: Any, path: Path) -> Hosting:
        none = dict.fromkeys(("provider", "provider_name", "host", "operator", "operator_country"))
        merged = {**none, **value} if isinstance(value, Mapping) else value
        return self.build(Hosting, merged, path, lists=self.flags(value))

    def text(self, value: Any, path: Path) -> str:
        if not isinstance(value, str):
            raise self.document.error("expected a string", path)
        return value

    def lineage(self) -> Lineage:
        value: Mapping[str, Any] = self.data.get("lineage", {})
        at: Path = (*self.path, "lineage")
        ancestors: list[Ancestor] = []
        given = value.get("ancestors", [])
        for index, step in enumerate(given):
            declared = step.get("declared", True)
            confidence = step.get("confidence", 1.0)
            source = ClaimSource.CARD if declared else ClaimSource.INFERENCE
            note = "" if declared else "test case"
            place = (*at, "ancestors", index)
            ancestors.append(
                Ancestor(
                    step["id"],
                    Relation(step.get("relation", "finetune")),
                    step.get("child", ancestors[-1].id if ancestors else self.name.partition(":")[2]),
                    step.get("depth", index + 1),
                    declared,
                    confidence,
                    self.fact(step.get("developer"), self.organization, (*place, "developer"), "developer"),
                    self.fact(step.get("license"), self.license, (*place, "license"), "license"),
                    index == len(given) - 1,
                    None,
                    (Claim(step["id"], source, confidence, "base_model", None, note),),
                    card_seen=step.get("card_seen", True),
                )
            )
        data = tuple(
            DataSource(
                source["id"],
                source.get("kind", "teacher"),
                self.fact(
                    source.get("developer"), self.organization, (*at, "data", index, "developer"), "developer"
                ),
                (Claim(source["id"], ClaimSource.CARD, 1.0, "test case"),),
            )
            for index, source in enumerate(value.get("data", []))
        )
        complete: Fact[bool]
        match value.get("complete"):
            case True:
                complete = Known(value=True, claims=(Claim(True, ClaimSource.REGISTRY, 1.0, "test case"),))  # noqa: FBT003 - the claim's value
            case "disputed":
                sides = (Claim(True, ClaimSource.CARD, 0.9), Claim(False, ClaimSource.TAG, 0.9))  # noqa: FBT003 - the claims' values
                complete = Disputed(sides)
            case str() as reason if reason in _REASONS:
                complete = unseen(self.name, "lineage", GapReason(reason))
            case _:
                complete = unseen(self.name, "lineage")
        return Lineage(tuple(ancestors), data, complete, value.get("concealed", False))

    def references(self, target: Target) -> tuple[Reference, ...]:
        found = []
        for place in self.data.get("references", [{}]):
            raw = place.get("raw", str(target).partition(":")[2])
            line = place.get("line", 1)
            occurrence = Occurrence(
                place.get("path", "app.py"), line, 1, 1 + len(raw), raw, "", "test", Use(place.get("use", "load"))
            )
            found.append(Reference(target, occurrence, 1.0, tuple(sorted(place.get("attributes", {}).items()))))
        return tuple(sorted(found, key=reference_key))

    def component(self) -> Component:
        target = self.target()
        data, at = self.data, self.path
        references = self.references(target)
        revision = data.get("revision", {})
        requested = tuple(revision.get("requested", sorted({r.attribute("revision") or "" for r in references})))
        hub = isinstance(target, HubModel | HubDataset)
        hosted = isinstance(target, HostedModel | Endpoint)
        stands_for = data.get("stands_for")
        purl = target.purl if isinstance(target, Library) else None
        if isinstance(target, HubModel):
            purl = f"pkg:huggingface/{target.repo_id}"
        no_host: Fact[Hosting] = Absent(())
        return Component(
            ref=purl or str(target),
            target=target,
            purl=purl,
            references=references,
            publisher=self.fact(data.get("publisher"), self.organization, (*at, "publisher"), "publisher"),
            developer=self.fact(data.get("developer"), self.organization, (*at, "developer"), "developer"),
            lineage=self.lineage(),
            license=self.fact(data.get("license"), self.license, (*at, "license"), "license"),
            weights=self.fact(data.get("weights"), self.weights, (*at, "weights"), "weights"),
            revision=Revision(
                requested,
                self.fact(revision.get("commit"), self.text, (*at, "revision", "commit"), "commit"),
                bool(requested) and all(len(text) == 40 for text in requested),  # noqa: PLR2004 - a commit
            ),
            hosting=self.fact(data.get("hosting"), self.hosting, (*at, "hosting"), "hosting")
            if hosted or "hosting" in data
            else no_host,
            card=self.build(Card, data.get("card", {}), (*at, "card")),
            resolved_id=target.repo_id if hub else None,  # type: ignore[union-attr]  # hub targets have one
            stands_for=None
            if stands_for is None
            else self.fact(stands_for, self.text, (*at, "stands_for"), "stands_for"),
            availability=data.get("availability"),
            version=data.get("version"),
            gaps=tuple(
                Gap(str(target), GapReason(reason)) for reason in data.get("gaps", []) if reason in _REASONS
            ),
            as_of=data.get("as_of"),
            answered_by=None if isinstance(target, Unresolvable) or data.get("gaps") else "knowledge",
        )

    def target(self) -> Target:
        try:
            target = parse_target(self.name)
        except ValueError as error:
            raise self.document.error(
                str(error), (*self.path, "target"), hint="hf:owner/name, api:provider/name …"
            ) from None
        if isinstance(target, ToolServer):
            return ToolServer(target.name, self.data.get("location", ""))
        return target


def given_components(document: Document, path: Path, items: list[Mapping[str, Any]]) -> tuple[Component, ...]:
    """Build the components of one test case; raises `ConfigError` with the place of what is wrong."""
    return tuple(_Case(document, (*path, index), item).component() for index, item in enumerate(items))


def given_inventory(components: tuple[Component, ...], gaps: list[Mapping[str, str]]) -> Inventory:
    """What discovery would have seen."""
    references = sorted((r for component in components for r in component.references), key=reference_key)
    found = tuple(
        Gap(gap["path"], GapReason(gap["reason"]), path=gap["path"]) for gap in gaps if gap["reason"] in _REASONS
    )
    return Inventory(".", tuple(references), found)
