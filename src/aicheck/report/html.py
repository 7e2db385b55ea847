"""One HTML file for security teams: no request to anywhere, readable without JavaScript, strict CSP by hashes."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, Final

from aicheck.core.component import Component, Safety
from aicheck.core.evidence import Known, value_of
from aicheck.core.finding import Finding, Level, Status, Verdict
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, HostedModel
from aicheck.report import Options
from aicheck.report.facts import (
    MODEL_KINDS,
    countries,
    fact_state,
    license_text,
    organization_text,
    origin_text,
    resting_on_catalog,
    roots,
    short_license,
    shown_name,
    shown_subject,
)
from aicheck.report.html_details import detail_of, in_script, pack
from aicheck.report.html_graph import layout
from aicheck.report.html_summary import panels
from aicheck.report.json_ import component_dict, report_dict
from aicheck.report.plain import dump
from aicheck.report.safety import visible, visible_lines
from aicheck.report.text_findings import Block, blocks_of

__all__ = ["render"]

_TEXT: Final = 2000
_FINDINGS: Final = 2000
_OPEN: Final = 10
_PLACES: Final = 3
_GAPS: Final = 2000
_DETAILS: Final = 300
"""Models whose section is part of the page; the sections of the others are made when they are asked for."""
_LIBRARIES: Final = 3000
_EMBEDDED: Final = 4 * 1024 * 1024
_SAMPLE: Final = 100
_MEANING: Final = {
    Verdict.PASS: "Nothing fails the policy, and nothing that it requires was left unseen.",
    Verdict.FAIL: "The policy is violated.",
    Verdict.INCONCLUSIVE: "Nothing fails the policy, but something that it requires could not be seen.",
}

Value = dict[str, Any]


def _resource(name: str) -> str:
    return files("aicheck.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _model(component: Component, number: int, findings: list[Finding]) -> Value:
    weights = value_of(component.weights)
    commit = value_of(component.revision.commit)
    known = weights.formats if weights else ()
    formats = [one.id + (" (runs code)" if one.safety is Safety.EXECUTABLE else "") for one in known]
    hosted = isinstance(component.target, HostedModel)
    every = countries((component.developer, *(one.developer for one in component.lineage.ancestors)))
    origin = origin_text(component)
    counts = Counter(one.level for one in findings)
    uncertain = any(
        fact_state(fact) in {"unseen", "disputed"} for fact in (component.developer, component.license)
    )
    pinnable = component.kind.value == "model" and bool(component.references)
    flags = {
        "finding": bool(findings),
        "unknown": uncertain or bool(component.gaps) or not isinstance(component.lineage.complete, Known),
        "unpinned": pinnable and not component.revision.pinned,
        "executable": any("runs code" in one for one in formats),
        "concealed": component.lineage.concealed,
        "hosted": hosted,
    }
    places = component.references
    return {
        "id": f"m{number}",
        "name": shown_name(component),
        "kind": component.kind.value,
        "developer": organization_text(component.developer),
        "origin": origin,
        "origins": " ".join(every) or "unknown",
        "license": short_license(component.license),
        "license_key": license_text(component.license)
        if fact_state(component.license) == "known"
        else fact_state(component.license),
        "roots": ", ".join(roots(component)),
        "formats": ", ".join(formats) or ("hosted" if hosted else "unknown"),
        "commit": commit,
        "unpinned": flags["unpinned"],
        "confidence": f"{max((one.confidence for one in places), default=1.0):.2f}",
        "findings": [
            (level.value, f"{counts[level]} {_noun(counts[level], level.value)}")
            for level in Level
            if counts[level]
        ],
        "finding_rank": counts[Level.ERROR] * 10000 + counts[Level.WARNING] * 100 + counts[Level.NOTE],
        "flags": " ".join(name for name, on in flags.items() if on),
    }


def _finding(block: Block, hrefs: dict[str, str], excerpts: dict[tuple[str, int], str]) -> Value:
    places = []
    for place in block.places[:_PLACES]:
        line = excerpts.get((place.path, place.line))
        entry: Value = {
            "where": f"{place.path}:{place.line}:{place.column}",
            "symbol": place.symbol,
            "number": place.line,
            "line": None,
        }
        if line:
            start, end = place.column - 1, max(place.end - 1, place.column)
            entry.update(before=line[:start], line=line[start:end], after=line[end:])
        places.append(entry)
    finding = block.first
    return {
        "message": finding.message,
        "unknown": finding.status is Status.UNKNOWN,
        "new": block.new,
        "subject": shown_subject(finding.subject),
        "href": hrefs.get(finding.component or ""),
        "places": places,
        "more": max(len(block.places) - _PLACES, 0),
        "because": block.because,
        "policy": finding.policy_location,
        "help": finding.help,
    }


def _groups(
    blocks: Sequence[Block], options: Options, hrefs: dict[str, str], excerpts: dict[tuple[str, int], str]
) -> list[Value]:
    """Findings by level and rule; errors lie open, and everything where there is little."""
    groups: dict[tuple[Level, str], list[Block]] = {}
    for block in blocks:
        groups.setdefault((block.first.level, block.first.rule), []).append(block)
    return [
        {
            "level": level.value,
            "rule": rule,
            "summary": _summary(options, rule),
            "id": f"rule-{number}",
            "open": level is Level.ERROR or len(blocks) <= _OPEN,
            "new": sum(one.new for one in found),
            "findings": [_finding(one, hrefs, excerpts) for one in found],
        }
        for number, ((level, rule), found) in enumerate(groups.items())
    ]


def _services(report: Report) -> list[Value]:
    rows: dict[tuple[str, ...], Value] = {}
    models: Counter[tuple[str, ...]] = Counter()
    for component in report.components:
        hosted = isinstance(component.target, HostedModel)
        if not hosted and not isinstance(component.target, Endpoint) and value_of(component.hosting) is None:
            continue
        hosting = value_of(component.hosting)
        if hosting is None:
            host = component.target.host if isinstance(component.target, HostedModel | Endpoint) else None
            name = host or "unknown service"
            key: tuple[str, ...] = (name,)
            row = dict.fromkeys(("operator", "country", "contract", "processing"), "unknown")
            rows.setdefault(key, {**row, "name": name, "lists": "", "router": False, "local": False})
        else:
            name = hosting.host or hosting.provider_name or hosting.provider or "unknown service"
            key = (name, hosting.operator or "")
            rows.setdefault(
                key,
                {
                    "name": name,
                    "operator": hosting.operator or hosting.provider_name or "unknown",
                    "country": hosting.operator_country or "unknown",
                    "contract": hosting.contract_country or "unknown",
                    "processing": ", ".join(hosting.processing_countries)
                    or hosting.processing_note
                    or ("where the project runs" if hosting.local else "not stated"),
                    "lists": ", ".join(f"{flag.list} since {flag.since}" for flag in hosting.lists),
                    "router": hosting.router,
                    "local": hosting.local,
                },
            )
        models[key] += hosted
    return [{**row, "models": models[key] or ""} for key, row in sorted(rows.items())]


def _waivers(report: Report) -> list[Value]:
    used = Counter(
        (one.waiver.rule, one.waiver.purl, one.waiver.owner) for one in report.findings if one.waiver is not None
    )
    badges = {"active": "ok", "expiring": "warning", "expired": "error", "unused": "note"}
    return [
        {
            "state": one.state.value,
            "badge": badges[one.state.value],
            "rule": one.rule,
            "purl": one.purl + (f" in {one.path}" if one.path else ""),
            "reason": one.reason,
            "owner": one.owner,
            "expires": one.expires,
            "findings": used[one.rule, one.purl, one.owner],
        }
        for one in report.waivers
    ]


def _rules(report: Report, options: Options) -> list[Value]:
    if report.policy is None:
        return []
    levels = dict(report.policy.rules)
    for finding in report.findings:
        levels.setdefault(finding.rule, finding.level.value)
    counted = Counter((one.rule, one.status) for one in report.findings if one.waiver is None)
    waived = Counter(one.rule for one in report.findings if one.waiver is not None)
    return [
        {
            "id": rule,
            "level": level,
            "summary": _summary(options, rule),
            "violations": counted[rule, Status.VIOLATION],
            "unknown": counted[rule, Status.UNKNOWN],
            "waived": waived[rule],
        }
        for rule, level in sorted(levels.items())
    ]


def _sources(report: Report) -> Iterator[tuple[str, str]]:
    sources = report.sources
    catalog = f"{sources.catalog_date}{resting_on_catalog(report)}" if sources.catalog_date else "not used"
    yield "catalog of models", catalog
    yield "knowledge of origins, hosts and licences", sources.knowledge_date or "not stated"
    yield "lock", sources.lock_path or "none"
    yield "network", f"asked {sources.hub}" if sources.hub else "not used"
    stats = report.inventory.stats
    yield "files", f"{stats.files_listed:,} listed, {stats.files_read:,} read, {stats.files_skipped:,} left out"
    yield "references", f"{len(report.inventory.references):,}"


def _embedded(report: Report) -> str | None:
    """The JSON report as the content of a script element; None where it is too large for that."""
    parts = report.components
    step = len(parts) // _SAMPLE
    if step > 1:
        # Far too large is told from a sample: writing a hundred megabytes to throw them away takes seconds.
        size = sum(len(dump(component_dict(part), indent=False)) for part in parts[::step])
        if size * step > 2 * _EMBEDDED:
            return None
    text = dump(report_dict(report), indent=False, newline=False)
    return in_script(text) if len(text) <= _EMBEDDED else None


def _summary(options: Options, rule: str) -> str:
    page = options.page(rule)
    return page.summary if page is not None else ""


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _context(report: Report, options: Options) -> Value:
    import markupsafe

    parts = [one for one in report.components if one.kind in MODEL_KINDS]
    by_component: dict[str, list[Finding]] = {}
    counted = [one for one in report.findings if one.waiver is None]
    for finding in counted:
        if finding.component is not None:
            by_component.setdefault(finding.component, []).append(finding)
    models = [_model(one, number, by_component.get(one.ref, [])) for number, one in enumerate(parts)]
    # The gravest first where not all are written out; in the order of the table all the same.
    gravest = sorted(range(len(parts)), key=lambda number: (-models[number]["finding_rank"], number))
    written = sorted(gravest[:_DETAILS])
    left = sorted(gravest[_DETAILS:])
    packed = pack((f"m{number}", parts[number]) for number in left) if left else None
    refs = {one.ref: model["id"] for one, model in zip(parts, models, strict=True)}
    names = {one.resolved_id or one.name: refs[one.ref] for one in reversed(parts)}
    flagged = frozenset(
        ref for ref, found in by_component.items() if any(one.level is Level.ERROR for one in found)
    )
    blocks = blocks_of(report)
    excerpts = {(path, line): text for path, line, text in report.inventory.excerpts}
    levels = Counter(one.level for one in counted)
    others = [
        one for one in report.components if one.kind not in MODEL_KINDS and not isinstance(one.target, Endpoint)
    ]
    gaps = [
        {
            "reason": one.reason.value,
            "subject": shown_subject(one.subject),
            "detail": one.detail,
            "place": f"{one.path}:{one.line or 1}" if one.path else "",
        }
        for one in report.gaps[:_GAPS]
    ]
    base = report.baseline
    services = _services(report)
    graph = layout(parts, names, flagged)
    groups = _groups(blocks[:_FINDINGS], options, refs, excerpts)
    sections = [("models", "Models"), ("services", "Services"), ("unknowns", "Unknowns"), ("details", "Details")]
    if graph is not None:
        sections.insert(1, ("lineage", "Lineage"))
    if report.verdict is not None:
        sections.insert(0, ("findings", "Findings"))
    if report.policy is not None:
        sections.append(("waivers", "Waivers"))
        sections.append(("policy", "Policy"))
    if base is not None:
        sections.append(("changes", "Changes"))
    sections.append(("sources", "Sources"))
    tiles = [
        *(
            {
                "number": levels[level],
                "label": _noun(levels[level], level.value),
                "href": "findings",
                "level": level.value,
            }
            for level in Level
            if report.verdict is not None
        ),
        {"number": len(models), "label": _noun(len(models), "model"), "href": "models", "level": ""},
        {
            "number": len(services),
            "label": _noun(len(services), "hosted service"),
            "href": "services",
            "level": "",
        },
        {"number": len(report.gaps), "label": "not seen", "href": "unknowns", "level": ""},
    ]
    if report.policy is not None:
        tiles.insert(
            -3, {"number": len(report.findings) - len(counted), "label": "waived", "href": "waivers", "level": ""}
        )
    return {
        "report": report,
        "title": f"aicheck: {report.project}",
        "verdict": None
        if report.verdict is None
        else {"word": report.verdict.value, "meaning": _MEANING[report.verdict]},
        "tiles": tiles,
        "sections": sections,
        "groups": groups,
        "panels": panels(report, parts, services, {(one["level"], one["rule"]): one["id"] for one in groups}),
        "findings_shown": min(len(blocks), _FINDINGS),
        "findings_more": max(len(blocks) - _FINDINGS, 0),
        "finding_rules": sorted({one.rule for one in counted}),
        "models": models,
        "packed": None if packed is None else markupsafe.Markup(packed),  # noqa: S704 - escaped by in_script
        "details": [(f"m{number}", detail_of(parts[number])) for number in written],
        "origins": sorted({country for model in models for country in model["origins"].split()}),
        "licenses": sorted({model["license_key"] for model in models}),
        "graph": graph,
        "services": services,
        "gaps": gaps,
        "gaps_more": max(len(report.gaps) - _GAPS, 0),
        "waivers": _waivers(report),
        "changes": []
        if base is None
        else [("added", base.added), ("removed", base.removed), ("changed", base.changed)],
        "libraries": [
            {
                "kind": one.kind.value,
                "name": one.name,
                "version": one.version or "",
                "license": license_text(one.license),
                "place": f"{one.references[0].occurrence.path}:{one.references[0].occurrence.line}"
                if one.references
                else "",
            }
            for one in others[:_LIBRARIES]
        ],
        "libraries_more": max(len(others) - _LIBRARIES, 0),
        "rules": _rules(report, options),
        "sources": list(_sources(report)),
    }


def render(report: Report, options: Options) -> bytes:
    """The page as UTF-8."""
    import jinja2
    import markupsafe

    def finalize(value: Any) -> Any:
        # Every string that a template prints passes here: invisible characters become visible escapes.
        if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
            return visible(value, _TEXT)
        return value

    # Our own files, and text that is escaped here because its line breaks have to stay.
    safe = markupsafe.Markup

    def breakable(text: str) -> markupsafe.Markup:
        # A name breaks after a slash rather than anywhere.
        return safe(str(markupsafe.escape(visible(text, _TEXT))).replace("/", "/<wbr>"))

    environment = jinja2.Environment(
        autoescape=True, finalize=finalize, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["breakable"] = breakable
    css, js = _resource("report.css"), _resource("report.js")
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(js)}; base-uri 'none'; form-action 'none'"
    )
    embedded = _embedded(report)
    text = options.policy_text
    page = environment.from_string(_resource("report.html.j2")).render(
        **_context(report, options),
        csp=safe(policy),
        css=safe(css),
        js=safe(js),
        embedded=None if embedded is None else safe(embedded),
        policy_text=None if text is None else safe(markupsafe.escape(visible_lines(text))),
    )
    return page.encode("utf-8", "backslashreplace")
