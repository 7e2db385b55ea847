"""Read a JSON report back into the values it was written from (baselines, `diff`, `explain`, conversions)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from aicheck.core.component import (
    Ancestor,
    Card,
    Component,
    DataSource,
    Hosting,
    License,
    Lineage,
    Organization,
    Relation,
    Revision,
    Weights,
)
from aicheck.core.evidence import Absent, Claim, ClaimSource, Disputed, Fact, Gap, Known, Unseen
from aicheck.core.finding import Finding, Level, PolicyInfo, Status, Verdict, WaiverNote
from aicheck.core.reference import Inventory, Occurrence, Reference, ScanStats, Use
from aicheck.core.report import Baseline, Report, SourceInfo, Tool
from aicheck.core.target import (
    Adapter,
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    Kind,
    Library,
    RegistryModel,
    Target,
    ToolServer,
    Unresolvable,
    WeightsFile,
)
from aicheck.errors import ConfigError
from aicheck.report.plain import rebuild

__all__ = ["component_from_dict", "is_report", "report_from_json"]

_TARGETS: Final[Mapping[str, type[Target]]] = {
    Kind.MODEL: HubModel,
    Kind.DATASET: HubDataset,
    Kind.HOSTED_MODEL: HostedModel,
    Kind.ENDPOINT: Endpoint,
    Kind.REGISTRY_MODEL: RegistryModel,
    Kind.WEIGHTS: WeightsFile,
    Kind.ADAPTER: Adapter,
    Kind.LIBRARY: Library,
    Kind.TOOL_SERVER: ToolServer,
    Kind.UNRESOLVABLE: Unresolvable,
}

Data = Mapping[str, Any]


def _as_is(value: Any) -> Any:
    return value


def _organization(value: Any) -> Organization:
    return rebuild(Organization, value)


def _license(value: Any) -> License:
    return rebuild(License, value)


def _claim(data: Data, decode: Callable[[Any], Any]) -> Claim[Any]:
    value = data["value"]
    return Claim(
        value=None if value is None else decode(value),
        source=ClaimSource(data["source"]),
        confidence=float(data["confidence"]),
        locator=data.get("locator", ""),
        seen=data.get("seen"),
        note=data.get("note", ""),
    )


def _gap(data: dict[str, Any]) -> Gap:
    return rebuild(Gap, data)


def _fact(owner: Data, key: str, decode: Callable[[Any], Any] = _as_is) -> Fact[Any]:
    state = owner["states"][key]
    if state == "unseen":
        return Unseen(_gap(owner["unseen"][key]))
    claims = tuple(_claim(one, decode) for one in owner["claims"][key])
    if state == "absent":
        return Absent(claims)
    if state == "disputed":
        return Disputed(claims)
    if state == "known":
        return Known(decode(owner[key]), claims)
    raise ValueError(f"unknown state {state!r} of {key}")


def _target(data: Data) -> Target:
    identity = data["identity"]
    if data["kind"] == Kind.HOSTED_MODEL:
        identity = {"provider": None, **identity}
    return _TARGETS[data["kind"]](**identity)


def _occurrence(data: Data) -> Occurrence:
    return Occurrence(
        path=data["path"],
        line=data["line"],
        column=data["column"],
        end=data["end"],
        raw=data["raw"],
        symbol=data["symbol"],
        detector=data["detector"],
        use=Use(data["use"]),
    )


def _reference(data: Data) -> Reference:
    return Reference(
        target=_target(data),
        occurrence=_occurrence(data),
        confidence=float(data["confidence"]),
        attributes=tuple(data["attributes"].items()),
    )


def _ancestor(data: Data) -> Ancestor:
    return Ancestor(
        id=data["id"],
        relation=Relation(data["relation"]),
        child=data["child"],
        depth=data["depth"],
        declared=data["declared"],
        confidence=float(data["confidence"]),
        developer=_fact(data, "developer", _organization),
        license=_fact(data, "license", _license),
        root=data["root"],
        commit=data["commit"],
        claims=tuple(_claim(one, _as_is) for one in data["claims"]["id"]),
        card_seen=data.get("card_seen", False),
    )


def _lineage(data: Data) -> Lineage:
    return Lineage(
        ancestors=tuple(_ancestor(one) for one in data["ancestors"]),
        data=tuple(
            DataSource(
                id=one["id"],
                kind=one["kind"],
                developer=_fact(one, "developer", _organization),
                claims=tuple(_claim(claim, _as_is) for claim in one["claims"]["id"]),
            )
            for one in data["data"]
        ),
        complete=_fact(data, "complete"),
        concealed=data["concealed"],
    )


def component_from_dict(data: Data, references: tuple[Reference, ...] = ()) -> Component:
    """The component that `json_.component_dict` made `data` from.

    Raises `KeyError`, `TypeError` or `ValueError` where the data do not fit.
    """
    return Component(
        ref=data["ref"],
        target=_target(data),
        purl=data["purl"],
        references=references,
        publisher=_fact(data, "publisher", _organization),
        developer=_fact(data, "developer", _organization),
        lineage=_lineage(data["lineage"]),
        license=_fact(data, "license", _license),
        weights=_fact(data, "weights", lambda value: rebuild(Weights, value)),
        revision=Revision(
            requested=tuple(data["requested_revisions"]), commit=_fact(data, "revision"), pinned=data["pinned"]
        ),
        hosting=_fact(data, "hosting", lambda value: rebuild(Hosting, value)),
        card=rebuild(Card, data["card"]),
        resolved_id=data["resolved_id"],
        stands_for=_fact(data, "stands_for") if "stands_for" in data["states"] else None,
        availability=data["availability"],
        version=data["version"],
        gaps=tuple(_gap(one) for one in data["gaps"]),
        as_of=data["as_of"],
        answered_by=data["answered_by"],
    )


def _finding(data: Data) -> Finding:
    return Finding(
        rule=data["rule"],
        level=Level(data["level"]),
        status=Status(data["status"]),
        message=data["message"],
        component=data["component"],
        subject=data["subject"],
        occurrences=tuple(_occurrence(one) for one in data["occurrences"]),
        because=tuple((one["label"], one["text"]) for one in data["because"]),
        policy_location=data["policy_location"],
        help=data["help"],
        waiver=None if data["waiver"] is None else rebuild(WaiverNote, data["waiver"]),
        fingerprint=data["fingerprint"],
        effect=Verdict(data["effect"]),
    )


def _policy(data: Data | None) -> PolicyInfo | None:
    if data is None:
        return None
    return PolicyInfo(
        name=data["name"],
        sha256=data["sha256"],
        path=data["path"],
        sources=tuple(data["sources"]),
        rules=tuple((one["id"], one["level"]) for one in data["rules"]),
        summary=data["summary"],
    )


def is_report(document: object) -> bool:
    """Whether a JSON value looks like a report of aicheck."""
    return isinstance(document, dict) and "schema_version" in document and "references" in document


def report_from_json(data: bytes | str | Data, *, path: str | None = None) -> Report:
    """Read a JSON report of this major schema version; `path` is named in messages.

    Raises `ConfigError` where it is not JSON, not a report, of another major version, or damaged.
    """
    if isinstance(data, bytes | str):
        try:
            document: Any = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"not JSON: {error}", path=path) from error
    else:
        document = data
    if not is_report(document):
        raise ConfigError("not a JSON report of aicheck", path=path, hint="write one with: aicheck scan -f json")
    version = str(document["schema_version"])
    if version.partition(".")[0] != "1":
        raise ConfigError(
            f"schema version {version} is not known to this aicheck", path=path, hint="update aicheck"
        )
    try:
        return _report(document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"damaged JSON report: {type(error).__name__}: {error}", path=path, hint="scan again with -f json"
        ) from error


def _report(document: Data) -> Report:
    references = tuple(_reference(one) for one in document["references"])
    verdict = document["verdict"]
    return Report(
        tool=rebuild(Tool, document["tool"]),
        created=document["created"],
        project=document["project"],
        project_version=document["project_version"],
        inventory=Inventory(
            root=document["root"],
            references=references[: document["references_total"]],
            gaps=tuple(_gap(one) for one in document["discovery_gaps"]),
            stats=rebuild(ScanStats, document["stats"]),
            excerpts=tuple((one["path"], one["line"], one["text"]) for one in document["excerpts"]),
        ),
        components=tuple(
            component_from_dict(one, tuple(references[number] for number in one["references"]))
            for one in document["components"]
        ),
        findings=tuple(_finding(one) for one in document["findings"]),
        gaps=tuple(_gap(one) for one in document["gaps"]),
        verdict=None if verdict is None else Verdict(verdict),
        policy=_policy(document["policy"]),
        waivers=tuple(rebuild(WaiverNote, one) for one in document["waivers"]),
        sources=rebuild(SourceInfo, document["sources"]),
        baseline=None if document["baseline"] is None else rebuild(Baseline, document["baseline"]),
        roots=tuple(document["roots"]),
    )
