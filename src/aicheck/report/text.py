"""What a person reads first: findings as compilers show them, then a compact summary with what to do next."""

from __future__ import annotations

from collections import Counter
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import GapReason, Known, value_of
from aicheck.core.finding import Finding, Level, Status, Verdict
from aicheck.core.reference import Occurrence
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, Kind, Library, kind_of
from aicheck.report import Options
from aicheck.report.facts import MODEL_KINDS, license_text, organization_text, origin_text
from aicheck.report.safety import visible
from aicheck.report.terminal import Paint, fit, pad, table, width_of

__all__ = ["render"]

_FINDINGS_SHOWN: Final = 50
_PLACES_SHOWN: Final = 3
_MODELS_SHOWN: Final = 25
_GAPS_SHOWN: Final = 8
_MINIMUM_WIDTH: Final = 40

_NEXT: Final = {
    GapReason.OFFLINE: "not in the lock or the embedded catalog: scan once with network access",
    GapReason.NOT_LOCKED: "not in the lock: add them to it",
    GapReason.RATE_LIMITED: "the Hub limited the rate: set HF_TOKEN, or commit a lock",
    GapReason.UNREACHABLE: "the Hub did not answer: try again, or commit a lock",
    GapReason.GATED: "gated: set HF_TOKEN of an account with access",
    GapReason.UNBOUND: "hosted models without a known provider: name the base URL in code or settings",
    GapReason.DYNAMIC: "names are set at run time: give the choices in a file that is scanned",
    GapReason.NOT_FOUND: "not found on the Hub: check the spelling, or whether it is private or deleted",
    GapReason.UNPARSABLE: "files could not be parsed: repair or exclude them",
    GapReason.UNREADABLE: "files could not be read",
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


class _Writer:
    """Collects lines for one report."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.paint = Paint(enabled=options.color)
        self.width = max(options.width, _MINIMUM_WIDTH)
        self.lines: list[str] = []
        self.excerpts = {(path, line): text for path, line, text in report.inventory.excerpts}

    # -- findings ----------------------------------------------------------------------------------------

    def findings(self) -> None:
        counted = [finding for finding in self.report.findings if finding.waiver is None]
        shown = counted if self.options.verbose else counted[:_FINDINGS_SHOWN]
        for finding in shown:
            self.finding(finding)
            self.lines.append("")
        if len(shown) < len(counted):
            self.lines.extend([f"… and {len(counted) - len(shown)} more findings (--verbose shows all)", ""])
        waived = [finding for finding in self.report.findings if finding.waiver is not None]
        for finding in waived:
            waiver = finding.waiver
            assert waiver is not None
            head = f"waived[{visible(finding.rule)}]"
            text = f"{finding.subject}: {finding.message}"
            self.lines.append(f"{self.paint('dim', head)}: {fit(text, self.width - width_of(head) - 2)}")
            self.detail("until", f"{waiver.expires} ({waiver.state.value}), {waiver.owner}: {waiver.reason}", 5)
        if waived:
            self.lines.append("")

    def finding(self, finding: Finding) -> None:
        level = finding.level.value
        unknown = " (cannot be told)" if finding.status is Status.UNKNOWN else ""
        head = f"{level}[{visible(finding.rule)}]"
        subject = visible(finding.subject, 120)
        base = self.report.baseline
        new = " (new)" if base is not None and finding.fingerprint in base.new_findings else ""
        first, *rest = _wrap(visible(finding.message, 600) + unknown + new, self.width - len(head) - 2)
        self.lines.append(f"{self.paint(level, head)}: {self.paint('bold', first)}")
        self.lines.extend(" " * (len(head) + 2) + self.paint("bold", part) for part in rest)
        places = list(finding.occurrences)
        margin = 1
        if places:
            margin = len(str(places[0].line))
            self.source(places[0], margin)
        else:
            self.lines.append(f"  {self.paint('gutter', '-->')} {fit(subject, self.width - 6)}")
        self.detail("subject", subject, margin, only_if=bool(places) and places[0].raw != finding.subject)
        for place in places[1 : 1 + _PLACES_SHOWN]:
            self.detail("also", f"{place.path}:{place.line}:{place.column}", margin)
        if len(places) > 1 + _PLACES_SHOWN:
            self.detail("also", f"{len(places) - 1 - _PLACES_SHOWN} more places", margin)
        for label, text in finding.because:
            self.detail(label, text, margin)
        if finding.policy_location:
            self.detail("policy", finding.policy_location, margin)
        if finding.help:
            self.detail("help", finding.help, margin)

    def source(self, place: Occurrence, margin: int) -> None:
        blank = " " * margin
        gutter = self.paint("gutter", "|")
        self.lines.append(
            f"{blank}{self.paint('gutter', '-->')} {visible(place.path)}:{place.line}:{place.column}"
        )
        text = self.excerpts.get((place.path, place.line))
        if text is None or place.column > len(text) + 1:
            return
        start = place.column - 1
        end = max(min(place.end - 1, len(text)), start + 1)
        room = max(self.width - margin - 4, 20)
        before = _shown(text[:start])
        span = _shown(text[start:end])
        after = _shown(text[end:])
        cut = ""
        while width_of(before) > room // 2 and width_of(cut + before + span) > room:
            # Far to the right: what stands before the span gives way, as compilers do.
            before = before[max(len(before) - room // 3, 0) :] if not cut else before[1:]
            cut = "…"
        line = fit(cut + before + span + after, room)
        under = " " * width_of(cut + before) + "^" * max(min(width_of(span), room - width_of(cut + before)), 1)
        number = self.paint("gutter", f"{place.line}")
        self.lines.append(f"{blank} {gutter}")
        self.lines.append(f"{number} {gutter} {line}".rstrip())
        self.lines.append(f"{blank} {gutter} {self.paint('error', under)}")

    def detail(self, label: str, text: str, margin: int, *, only_if: bool = True) -> None:
        """`   = label: text`, wrapped under itself."""
        if not only_if:
            return
        head = f"{' ' * margin} = {pad(visible(label, 20) + ':', 9)} "
        room = max(self.width - len(head), 20)
        first = True
        for part in _wrap(visible(text, 2000), room):
            if first:
                self.lines.append(
                    f"{' ' * margin} {self.paint('gutter', '=')} {head[margin + 3 :]}{part}".rstrip()
                )
                first = False
            else:
                self.lines.append(" " * len(head) + part)

    # -- summary -----------------------------------------------------------------------------------------

    def heading(self, text: str) -> None:
        self.lines.append(self.paint("bold", text))

    def models(self) -> list[Component]:
        return [component for component in self.report.components if component.kind in MODEL_KINDS]

    def by_origin(self) -> None:
        models = self.models()
        if not models:
            return
        groups: dict[str, list[str]] = {}
        for component in models:
            groups.setdefault(origin_text(component), []).append(component.resolved_id or component.name)
        self.heading("Models by origin")
        # A ← B: developed in A, weights descend from a model developed in B.
        label = min(max(width_of(origin) for origin in groups), 24)
        for origin, names in sorted(groups.items(), key=lambda item: (item[0] == "unknown", item[0])):
            head = f"  {pad(fit(origin, label), label)}  {len(names):>3}  "
            room = self.width - width_of(head)
            self.lines.append(head + fit(", ".join(visible(name, 60) for name in sorted(names)), room))
        self.lines.append("")

    def model_table(self) -> None:
        models = self.models()
        if not models or (len(models) > _MODELS_SHOWN and not self.options.verbose):
            return
        rows = []
        for component in models:
            weights = value_of(component.weights)
            formats = "/".join(one.id for one in weights.formats) if weights is not None else ""
            rows.append(
                [
                    component.resolved_id or component.name,
                    organization_text(component.developer),
                    origin_text(component),
                    license_text(component.license),
                    formats or ("hosted" if component.kind.value == "hosted-model" else "unknown"),
                ]
            )
        lines = table(["model", "developer", "origin", "licence", "weights"], rows, self.width - 2)
        self.lines.append("  " + self.paint("dim", lines[0]))
        self.lines.extend("  " + line for line in lines[1:])
        self.lines.append("")

    def services(self) -> None:
        rows = []
        for component in self.report.components:
            hosting = value_of(component.hosting)
            if hosting is None or hosting.local:
                continue
            where = "/".join(hosting.processing_countries) or "not stated"
            operator = hosting.operator or hosting.provider_name or hosting.provider or "unknown"
            country = f" ({hosting.operator_country})" if hosting.operator_country else ""
            known = hosting.host or hosting.provider or "unknown"
            name = component.name if isinstance(component.target, Endpoint) else known
            rows.append((name, operator + country, where))
        hosted = [one for one in self.models() if one.kind is Kind.HOSTED_MODEL]
        unbound = sum(1 for one in hosted if value_of(one.hosting) is None)
        if unbound:
            rows.append((_count(unbound, "hosted model"), "unknown", "unknown"))
        if not rows:
            return
        self.heading("Where data goes")
        lines = table(["host", "operator", "processed in"], sorted(set(rows)), self.width - 2)
        self.lines.append("  " + self.paint("dim", lines[0]))
        self.lines.extend("  " + line for line in lines[1:])
        self.lines.append("")

    def gaps(self) -> None:
        gaps = self.report.gaps
        if not gaps:
            return
        reasons = Counter(gap.reason.value for gap in gaps)
        self.heading(f"Not seen ({len(gaps)})")
        if not self.options.verbose:
            text = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
            self.lines.extend("  " + part for part in _wrap(text, self.width - 2))
        else:
            for gap in gaps:
                where = f" ({gap.path}:{gap.line or 1})" if gap.path else ""
                text = f"{gap.reason.value}: {gap.subject}{where}" + (f": {gap.detail}" if gap.detail else "")
                self.lines.extend("  " + part for part in _wrap(visible(text, 1000), self.width - 2))
        self.lines.append("")

    def trees(self) -> None:
        models = [one for one in self.models() if one.lineage.ancestors or isinstance(one.lineage.complete, Known)]
        if not models:
            return
        self.heading("Lineage")
        for component in models:
            name = component.resolved_id or component.name
            self.lines.append("  " + fit(f"{name}  {organization_text(component.developer)}", self.width - 2))
            if not component.lineage.ancestors:
                self.lines.append("  └─ trained from scratch, as far as is known")
            children: dict[str, list[int]] = {}
            for number, ancestor in enumerate(component.lineage.ancestors):
                children.setdefault(ancestor.child, []).append(number)
            self.branch(component, children, name, "  ", set())
            ids = {one.id for one in component.lineage.ancestors}
            for child in children:
                # A child that the tree did not reach (an alias of the name) still shows its parents.
                if child != name and child not in ids:
                    self.branch(component, children, child, "  ", set())
            for source in component.lineage.data:
                developer = organization_text(source.developer)
                self.lines.append("  " + fit(f"   data: {source.kind} {source.id}  {developer}", self.width - 2))
        self.lines.append("")

    def branch(
        self, component: Component, children: dict[str, list[int]], node: str, indent: str, seen: set[int]
    ) -> None:
        numbers = [number for number in children.get(node, ()) if number not in seen]
        for place, number in enumerate(numbers):
            seen.add(number)
            ancestor = component.lineage.ancestors[number]
            last = place == len(numbers) - 1
            how = ancestor.relation.value + ("" if ancestor.declared else ", inferred")
            root = "  (root)" if ancestor.root else ""
            text = f"{'└─' if last else '├─'} {how}: {ancestor.id}  {organization_text(ancestor.developer)}{root}"
            self.lines.append(indent + fit(text, self.width - width_of(indent)))
            deeper = indent + ("   " if last else "│  ")
            if len(deeper) < self.width // 2:
                self.branch(component, children, ancestor.id, deeper, seen)

    def changes(self) -> None:
        base = self.report.baseline
        if base is None:
            return
        parts = [
            _count(len(base.new_findings), "new finding"),
            f"{len(base.resolved_findings)} resolved",
            f"{len(base.added)} added",
            f"{len(base.removed)} removed",
            f"{len(base.changed)} changed",
        ]
        self.heading(f"Since {visible(base.name, 60)}")
        self.lines.append("  " + ", ".join(parts))
        if self.options.verbose:
            for sign, targets in (("+", base.added), ("-", base.removed), ("~", base.changed)):
                self.lines.extend("  " + fit(f"{sign} {target}", self.width - 2) for target in targets)
        self.lines.append("")

    def next_steps(self) -> None:
        steps = []
        rules = Counter(
            finding.rule
            for finding in self.report.findings
            if finding.waiver is None and finding.level is not Level.NOTE and finding.status is Status.VIOLATION
        )
        for rule, number in rules.most_common(3):
            steps.append(f"aicheck explain {visible(rule)}   ({_count(number, 'finding')})")
        reasons = Counter(gap.reason for gap in self.report.gaps)
        for reason, number in reasons.most_common():
            if reason in _NEXT and len(steps) < 5:  # noqa: PLR2004 - a list of next steps is short or not read
                steps.append(f"{number}: {_NEXT[reason]}")
        if not steps:
            return
        self.heading("What to do next")
        for step in steps:
            first, *rest = _wrap(step, self.width - 4)
            self.lines.append(f"  • {first}")
            self.lines.extend(f"    {part}" for part in rest)
        self.lines.append("")

    def verdict(self) -> None:
        report = self.report
        if report.verdict is None:
            kinds = Counter(component.kind.value for component in report.components) or Counter(
                kind_of(reference.target).value for reference in report.inventory.references
            )
            self.lines.append(
                f"{_count(len(report.inventory.references), 'reference')}: "
                + (", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "nothing found")
            )
            return
        levels = Counter(finding.level for finding in report.findings if finding.waiver is None)
        waived = sum(1 for finding in report.findings if finding.waiver is not None)
        counts = [_count(levels[level], level.value) for level in Level if levels[level]]
        if waived:
            counts.append(f"{waived} waived")
        models = len(self.models())
        policy = f"policy {visible(report.policy.name, 60)}" if report.policy is not None else "no policy"
        word = self.paint(report.verdict.value, report.verdict.value.upper())
        meaning = {
            Verdict.PASS: "nothing violated, nothing required left unseen",
            Verdict.FAIL: "the policy is violated",
            Verdict.INCONCLUSIVE: "nothing violated, but something the policy requires could not be seen",
        }[report.verdict]
        summary = ", ".join(counts) or "no findings"
        libraries = sum(1 for component in report.components if isinstance(component.target, Library))
        library_count = f"{libraries} librar{'y' if libraries == 1 else 'ies'}"
        text = f"{summary}; {_count(models, 'model')}, {library_count}"
        first, *rest = _wrap(f"{text}; {policy}; {meaning}", self.width - width_of(report.verdict.value) - 2)
        self.lines.append(f"{word}  {first}")
        self.lines.extend(" " * (width_of(report.verdict.value) + 2) + part for part in rest)

    def sources(self) -> None:
        sources = self.report.sources
        parts = []
        if sources.lock_path:
            parts.append(f"lock {sources.lock_path}")
        if sources.catalog_date:
            parts.append(f"catalog of {sources.catalog_date}")
        if sources.knowledge_date:
            parts.append(f"knowledge of {sources.knowledge_date}")
        parts.append(f"Hub {sources.hub}" if sources.hub else "no network used")
        self.lines.append(self.paint("dim", fit("facts from: " + ", ".join(parts), self.width)))


def _shown(text: str) -> str:
    return visible(text.replace("\t", "    "))


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken at blanks where there are any; never empty."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        rest = word
        while True:
            joined = f"{line} {rest}" if line else rest
            if width_of(joined) <= width:
                line = joined
                break
            if line:
                lines.append(line)
                line = ""
            else:
                lines.append(rest[:width])
                rest = rest[width:]
    lines.append(line)
    return lines


def render(report: Report, options: Options) -> bytes:
    """Text for a terminal of `options.width` columns; nothing foreign in it can move the cursor."""
    writer = _Writer(report, options)
    if report.verdict is not None:
        writer.findings()
    writer.by_origin()
    writer.model_table()
    if options.verbose:
        writer.trees()
    writer.services()
    writer.changes()
    writer.gaps()
    writer.next_steps()
    writer.verdict()
    writer.sources()
    return ("\n".join(writer.lines) + "\n").encode()
