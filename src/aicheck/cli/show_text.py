"""The one-screen answer of `aicheck show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aicheck.cli.common import wrapped
from aicheck.core.evidence import Absent, ClaimSource, Disputed, Fact, Known, Unseen, claims_of
from aicheck.core.target import Kind
from aicheck.report.safety import visible
from aicheck.report.terminal import Paint

if TYPE_CHECKING:
    from aicheck.cli.answers import Entry
    from aicheck.core.component import Ancestor, Component, License, Organization, Weights

__all__ = ["render"]

_LABEL: Final = 12
_ANCESTORS: Final = 6
_ALSO: Final = 12
_ISSUES: Final = 3


def render(entry: Entry, *, tree: bool = False, color: bool = False, width: int | None = None) -> str:
    """Return the lines for one entry, each ended by a line break; `width` in columns, None = whole lines."""
    paint = Paint(enabled=color)
    lines = [paint("bold", visible(entry.name, 200))]
    if not entry.known:
        detail = entry.document.get("gaps") or []
        lines.append(_row("unknown", str(detail[0]["detail"]) if detail else "nothing is known of this name"))
    elif (
        entry.component is not None and entry.component.answered_by in {None, "knowledge"} and entry.component.gaps
    ):
        lines.append(_row("no record", entry.component.gaps[0].detail))
    if entry.component is not None:
        lines += _component(entry.component, tree=tree)
    elif entry.known:
        lines += _table(entry)
    if entry.suggestions:
        lines.append(_row("did you mean", ", ".join(visible(each, 100) for each in entry.suggestions)))
    return "".join(part + "\n" for line in lines for part in wrapped(line, width, _under(line)))


def _under(line: str) -> int:
    """Where the rest of a long line goes: under its value, in a tree under its branch."""
    value = " " * (_LABEL + 3)
    if not line.startswith(value):
        return len(value)
    branch = len(line) - len(line.lstrip(" │├└─"))
    return branch + 2 if branch > len(value) else branch


def _row(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}} {text}"


def _fact(fact: Fact[Any], show: Any) -> str:
    """One line for a fact in any of its four states; a dispute shows every side."""
    if isinstance(fact, Known):
        best = fact.claims[0] if fact.claims else None
        source = f"  [{best.source.value}, {best.confidence:.2f}]" if best is not None else ""
        return f"{show(fact.value)}{source}"
    if isinstance(fact, Disputed):
        sides = dict.fromkeys(f"{show(claim.value)} ({claim.source.value})" for claim in fact.claims)
        return "disputed: " + " / ".join(sides)
    if isinstance(fact, Absent):
        return "none"
    assert isinstance(fact, Unseen)
    detail = visible(fact.gap.detail, 160)
    return f"not known ({fact.gap.reason.value}{': ' + detail if detail else ''})"


def _organization(value: Organization) -> str:
    country = value.country or "country not known"
    lists = ", ".join(f"{flag.list} since {flag.since}" for flag in value.lists)
    parent = f"; part of {value.parent}" if value.parent and value.parent != value.name else ""
    return visible(f"{value.name} ({country}){parent}", 200) + (f"  lists: {visible(lists, 100)}" if lists else "")


def _hub_word(component: Component) -> str:
    """What the Hub says of the organisation, where it was asked."""
    said = [claim.note for claim in claims_of(component.publisher) if claim.source is ClaimSource.HUB]
    return f"; {visible(said[0], 150)}" if said else ""


def _license(value: License) -> str:
    parts = [value.expression]
    if value.name and value.name != value.expression:
        parts.append(f"- {value.name}")
    if value.category:
        parts.append(f"({value.category}; commercial use: {value.commercial_use or 'not known'})")
    return visible(" ".join(parts), 200)


def _weights(value: Weights) -> str:
    formats = ", ".join(f"{each.id} ({each.safety.value})" for each in value.formats) or "no weights"
    hashed = sum(1 for file in value.files if file.sha256)
    text = f"{formats}; {len(value.files)} files, {hashed} with sha256"
    if value.remote_code:
        text += f"; remote code: {len(value.remote_code)} files"
    if value.scan_status is not None:
        issues = f" ({', '.join(value.scan_issues[:_ISSUES])})" if value.scan_issues else ""
        text += f"; the Hub's scan: {value.scan_status}{issues}"
    if value.signature not in {None, "absent"}:
        text += f"; signature: {value.signature}"
    if value.identical_to:
        text += f"; the same bytes as {', '.join(value.identical_to[:_ISSUES])}"
    return visible(text, 400)


def _component(component: Component, *, tree: bool) -> list[str]:
    lines = [_row("kind", component.kind.value)]
    if component.resolved_id and component.resolved_id != component.name:
        lines.append(_row("resolves to", visible(component.resolved_id, 150)))
    if component.stands_for is not None:
        lines.append(_row("stands for", _fact(component.stands_for, lambda value: visible(value, 150))))
    served = component.kind in {Kind.HOSTED_MODEL, Kind.ENDPOINT, Kind.REGISTRY_MODEL}
    if not (served and isinstance(component.publisher, Unseen)):
        lines.append(_row("publisher", _fact(component.publisher, _organization) + _hub_word(component)))
    lines.append(_row("developer", _fact(component.developer, _organization)))
    if not isinstance(component.hosting, Absent):
        lines.append(_row("hosted by", _fact(component.hosting, _hosting)))
    lines += _lineage(component, tree=tree)
    lines += [_row("licence", _fact(component.license, _license)), *_terms(component)]
    # What is served by others has neither commit nor files that could be seen: there is nothing to say.
    if not (served and isinstance(component.revision.commit, Unseen)):
        lines.append(_row("revision", _fact(component.revision.commit, lambda value: visible(value, 60))))
    if not (served and isinstance(component.weights, Unseen)):
        lines.append(_row("weights", _fact(component.weights, _weights)))
    card = component.card
    described = [card.task, card.library, card.architecture or card.architecture_family]
    if card.parameters:
        described.append(f"{_count(card.parameters)} parameters")
    if any(described):
        lines.append(_row("described as", ", ".join(visible(each, 60) for each in described if each)))
    if component.availability not in {None, "available"}:
        lines.append(_row("available", str(component.availability)))
    if component.as_of:
        lines.append(_row("facts from", f"{component.answered_by or 'nothing'}, as of {component.as_of}"))
    return lines


def _count(number: int) -> str:
    """A number of parameters as people say it.

    >>> _count(1_026_000_000_000), _count(8_190_000_000), _count(22_700_000)
    ('1.03 T', '8.19 B', '22.7 M')
    """
    for size, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return str(number)


def _hosting(value: Any) -> str:
    where = ", ".join(value.processing_countries) or "not stated"
    router = "; a router: who serves is decided at run time" if value.router else ""
    operator = f"{value.operator or value.provider_name or value.host} ({value.operator_country or '?'})"
    return visible(f"{operator}; processed in {where}{router}", 200)


def _terms(component: Component) -> list[str]:
    if not isinstance(component.license, Known):
        return []
    value = component.license.value
    lines = [
        _row("", f"above {limit.value:,.0f} {limit.unit} {limit.metric}: {limit.effect}")
        for limit in value.thresholds
    ]
    if value.territory_exclusions:
        lines.append(_row("", f"not licensed in {', '.join(value.territory_exclusions)}"))
    duties = (value.attribution, value.naming, value.output_restrictions)
    lines += [_row("", visible(text, 160)) for text in duties if text and text != "none"]
    return lines


def _ancestor(ancestor: Ancestor) -> str:
    unsaid = "not declared by the card" if ancestor.card_seen else "on record"
    how = "declared" if ancestor.declared else f"{unsaid}, {ancestor.confidence:.2f}"
    developer = ancestor.developer
    who = _organization(developer.value) if isinstance(developer, Known) else "developer not known"
    return f"{visible(ancestor.id, 120)}  {ancestor.relation.value}, {how}; {who}"


def _lineage(component: Component, *, tree: bool) -> list[str]:
    lineage = component.lineage
    lines: list[str] = []
    if not lineage.ancestors:
        text = (
            "trained from scratch, as far as is known"
            if isinstance(lineage.complete, Known)
            else "no base is known"
        )
        lines.append(_row("lineage", text))
    elif tree:
        lines.append(_row("lineage", visible(component.resolved_id or component.name, 120)))
        start = lineage.ancestors[0].child
        lines += [f"  {'':<{_LABEL}} {line}" for line in _branches(lineage.ancestors, start, "", set())]
    else:
        shown = lineage.ancestors[:_ANCESTORS]
        lines += [_row("" if number else "lineage", "← " + _ancestor(each)) for number, each in enumerate(shown)]
        if len(lineage.ancestors) > len(shown):
            lines.append(_row("", f"… {len(lineage.ancestors) - len(shown)} more (--tree)"))
    if isinstance(lineage.complete, Unseen) and lineage.ancestors:
        lines.append(_row("", "the chain may go on: " + visible(lineage.complete.gap.detail, 140)))
    if isinstance(lineage.complete, Disputed):
        lines.append(_row("", "disputed: sources name different bases"))
    lines += [
        _row("" if number else "data from", f"{visible(each.id, 120)} ({each.kind})")
        for number, each in enumerate(lineage.data)
    ]
    return lines


def _branches(ancestors: tuple[Ancestor, ...], child: str, indent: str, seen: set[str]) -> list[str]:
    """Draw the parents of one model below it; a model that comes up again is not followed twice."""
    here = [each for each in ancestors if each.child == child]
    lines: list[str] = []
    for number, each in enumerate(here):
        last = number == len(here) - 1
        lines.append(f"{indent}{'└─ ' if last else '├─ '}{_ancestor(each)}")
        if each.id not in seen:
            lines += _branches(ancestors, each.id, indent + ("   " if last else "│  "), seen | {each.id})
    return lines


_TABLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "organization": (
        ("organization", "organization"),
        ("legal entity", "legal_entity"),
        ("country", "country"),
        ("type", "type"),
        ("role", "role"),
        ("parent", "parent"),
        ("lists", "lists"),
        ("also", "also"),
        ("note", "note"),
    ),
    "host": (
        ("provider", "provider_name"),
        ("operator", "operator"),
        ("country", "operator_country"),
        ("contract", "contract_country"),
        ("processed in", "processing_countries"),
        ("", "processing_note"),
        ("openai api", "openai_compatible"),
        ("type", "type"),
        ("router", "router"),
        ("lists", "lists"),
        ("note", "note"),
    ),
    "license": (
        ("expression", "expression"),
        ("name", "name"),
        ("category", "category"),
        ("osi", "osi_approved"),
        ("commercial", "commercial_use"),
        ("thresholds", "thresholds"),
        ("not in", "territory_exclusions"),
        ("attribution", "attribution"),
        ("naming", "naming"),
        ("share alike", "share_alike"),
        ("use", "use_restrictions"),
        ("outputs", "output_restrictions"),
        ("link", "link"),
        ("checked", "verified"),
        ("note", "note"),
    ),
}


def _table(entry: Entry) -> list[str]:
    lines: list[str] = []
    for label, key in _TABLES[entry.kind]:
        value = entry.document.get(key)
        if key == "also" and isinstance(value, list) and len(value) > _ALSO:
            value = [*value[:_ALSO], f"… and {len(value) - _ALSO} more (-f json)"]
        if value in (None, "", [], ()):
            if key in {"country", "operator_country", "commercial_use", "category"}:
                lines.append(_row(label, "not known"))
            continue
        lines.append(_row(label, _shown(value)))
    return lines


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_shown(each) for each in value)
    if isinstance(value, dict) and "list" in value:
        return visible(f"{value['list']} since {value['since']}", 100)
    if isinstance(value, dict) and "metric" in value:
        return f"above {value['value']:,.0f} {value['unit']} {value['metric']}: {value['effect']}"
    return visible(str(value), 300)
