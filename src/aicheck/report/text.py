"""What a person reads first: findings as compilers show them, then a compact summary with what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import GapReason, Known, value_of
from aicheck.core.finding import Level, Status, Verdict
from aicheck.core.report import Report
from aicheck.core.target import Endpoint, Kind, Library, kind_of
from aicheck.report import Options
from aicheck.report.facts import (
    MODEL_KINDS,
    organization_text,
    origin_text,
    resting_on_catalog,
    short_license,
    shown_name,
    shown_subject,
)
from aicheck.report.safety import visible
from aicheck.report.terminal import Paint, fit, pad, table, width_of, wrap
from aicheck.report.text_findings import Canvas, count, write_findings

__all__ = ["render"]

_MODELS_SHOWN: Final = 25
_MINIMUM_WIDTH: Final = 40
_EFFECTS: Final = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
_GAPS_SHOWN: Final = 3
"""Few things that were not seen are named with their place, more are counted."""

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


def _as_many_as_fit(names: Sequence[str], room: int) -> str:
    """`a, b, c +4`: whole names, and the number of those for which there is no room."""
    shown = ""
    for number, name in enumerate(names):
        rest = len(names) - number - 1
        text = f"{shown}, {name}" if shown else name
        if shown and width_of(text + (f" +{rest}" if rest else "")) > room:
            return fit(f"{shown} +{rest + 1}", room)
        shown = text
    return fit(shown, room)


def _short_organization(component: Component) -> str:
    """The developer without country: the table's first column names it."""
    fact = component.developer
    return fact.value.name if isinstance(fact, Known) else organization_text(fact)


class _Writer:
    """Collects lines for one report."""

    def __init__(self, report: Report, options: Options) -> None:
        self.report = report
        self.options = options
        self.paint = Paint(enabled=options.color)
        self.width = max(options.width, _MINIMUM_WIDTH)
        excerpts = {(path, line): text for path, line, text in report.inventory.excerpts}
        self.canvas = Canvas(self.width, self.paint, options.verbose, excerpts)
        self.lines = self.canvas.lines

    # -- summary -----------------------------------------------------------------------------------------

    def heading(self, text: str) -> None:
        self.lines.append(self.paint("bold", text))

    def models(self) -> list[Component]:
        return [component for component in self.report.components if component.kind in MODEL_KINDS]

    def by_origin(self) -> None:
        """One table in the order of origins; for very many models one line per origin."""
        models = self.models()
        if not models:
            return
        groups: dict[str, list[Component]] = {}
        for component in models:
            groups.setdefault(origin_text(component), []).append(component)
        ordered = sorted(groups.items(), key=lambda item: (item[0] == "unknown", item[0]))
        self.heading(f"Models by origin ({len(models)})")
        if any("←" in origin for origin in groups):
            note = "A ← B: made in A, the weights descend from a model made in B"
            self.lines.append("  " + self.paint("dim", fit(note, self.width - 2)))
        if len(models) <= _MODELS_SHOWN or self.options.verbose:
            self.model_table(ordered)
            return
        label = min(max(width_of(origin) for origin in groups), 24)
        for origin, found in ordered:
            names = sorted({visible(shown_name(one), 60) for one in found})
            head = f"  {pad(fit(origin, label), label)}  {len(found):>3}  "
            self.lines.append(head + _as_many_as_fit(names, self.width - width_of(head)))
        self.lines.append("  (--verbose shows the table)")
        self.lines.append("")

    def model_table(self, ordered: Sequence[tuple[str, Sequence[Component]]]) -> None:
        """Origin (once), model, licence, developer, weights; the last ones go where the width does not do."""
        rows = []
        for origin, found in ordered:
            label = origin
            for component in sorted(found, key=lambda one: shown_name(one).lower()):
                weights = value_of(component.weights)
                formats = "/".join(one.id for one in weights.formats) if weights is not None else ""
                rows.append(
                    [
                        label,
                        shown_name(component),
                        short_license(component.license),
                        _short_organization(component),
                        formats or ("hosted" if component.kind is Kind.HOSTED_MODEL else "unknown"),
                    ]
                )
                label = ""
        header = ["origin", "model", "licence", "developer", "weights"]
        lines = table(header, rows, self.width - 2, ranks=(1, 0, 2, 3, 4))
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
            country = hosting.operator_country or "unknown"
            known = hosting.host or hosting.provider or "unknown"
            name = component.name if isinstance(component.target, Endpoint) else known
            rows.append((name, country, operator, where))
        hosted = [one for one in self.models() if one.kind is Kind.HOSTED_MODEL]
        unbound = sum(1 for one in hosted if value_of(one.hosting) is None)
        if unbound:
            rows.append((count(unbound, "hosted model"), "unknown", "unknown", "unknown"))
        if not rows:
            return
        self.heading("Where data goes")
        header = ["host", "run from", "operator", "processed in"]
        lines = table(header, sorted(set(rows)), self.width - 2, ranks=(0, 1, 3, 2))
        self.lines.append("  " + self.paint("dim", lines[0]))
        self.lines.extend("  " + line for line in lines[1:])
        self.lines.append("")

    def gaps(self) -> None:
        gaps = self.report.gaps
        if not gaps:
            return
        reasons = Counter(gap.reason.value for gap in gaps)
        if not self.options.verbose:
            text = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
            head = f"Not seen ({len(gaps)}): "
            first, *rest = wrap(text, self.width - len(head))
            self.lines.append(self.paint("bold", head) + first)
            self.lines.extend("  " + part for part in rest)
            for gap in gaps if len(gaps) <= _GAPS_SHOWN else ():
                place = f"{gap.path}:{gap.line or 1}  " if gap.path else ""
                said = gap.detail or shown_subject(gap.subject)
                self.lines.append("  " + fit(visible(f"{place}{said}", 1000), self.width - 2))
        else:
            self.heading(f"Not seen ({len(gaps)})")
            for gap in gaps:
                where = f" ({gap.path}:{gap.line or 1})" if gap.path else ""
                text = f"{gap.reason.value}: {shown_subject(gap.subject)}{where}" + (
                    f": {gap.detail}" if gap.detail else ""
                )
                self.lines.extend("  " + part for part in wrap(visible(text, 1000), self.width - 2))
        self.lines.append("")

    def trees(self) -> None:
        models = [one for one in self.models() if one.lineage.ancestors or isinstance(one.lineage.complete, Known)]
        if not models:
            return
        self.heading("Lineage")
        for component in models:
            name = component.resolved_id or component.name
            self.lines.append(
                "  " + fit(f"{shown_name(component)}  {organization_text(component.developer)}", self.width - 2)
            )
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
            count(len(base.new_findings), "new finding"),
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
        steps: list[str] = []
        subjects: dict[str, set[str]] = {}
        rank: dict[str, tuple[int, int]] = {}
        for finding in self.report.findings:
            if finding.waiver is not None or finding.level is Level.NOTE:
                continue
            if finding.status is Status.UNKNOWN and finding.effect is Verdict.PASS:
                continue  # what could not be told and does not count: the gaps below say what to do
            subjects.setdefault(finding.rule, set()).add(finding.component or finding.subject)
            grave = (_EFFECTS.index(finding.effect), tuple(Level).index(finding.level))
            rank[finding.rule] = min(rank.get(finding.rule, grave), grave)
        # What decides the verdict comes first, however many warnings there are.
        ordered = sorted(rank, key=lambda rule: (rank[rule], -len(subjects[rule]), rule))
        steps.extend(
            f"aicheck explain {visible(rule, 200)}   ({count(len(subjects[rule]), 'component')})"
            for rule in ordered[:3]
        )
        reasons = Counter(gap.reason for gap in self.report.gaps)
        for reason, number in reasons.most_common():
            if reason in _NEXT and len(steps) < 5:  # noqa: PLR2004 - a list of next steps is short or not read
                steps.append(f"{number} {reason.value}: {_NEXT[reason]}")
        if not steps:
            return
        self.heading("What to do next")
        for step in steps:
            first, *rest = wrap(step, self.width - 4)
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
                f"{count(len(report.inventory.references), 'reference')}: "
                + (", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "nothing found")
            )
            return
        levels = Counter(finding.level for finding in report.findings if finding.waiver is None)
        waived = sum(1 for finding in report.findings if finding.waiver is not None)
        counts = [count(levels[level], level.value) for level in Level if levels[level]]
        if waived:
            counts.append(f"{waived} waived")
        models = len(self.models())
        policy = f"policy {visible(report.policy.name, 60)}" if report.policy is not None else "no policy"
        word = self.paint(report.verdict.value, report.verdict.value.upper())
        meaning = {
            Verdict.PASS: "nothing that fails the policy, nothing required left unseen",
            Verdict.FAIL: "the policy is violated",
            Verdict.INCONCLUSIVE: "nothing violated, but something the policy requires could not be seen",
        }[report.verdict]
        summary = ", ".join(counts) or "no findings"
        libraries = sum(1 for component in report.components if isinstance(component.target, Library))
        library_count = f"{libraries} librar{'y' if libraries == 1 else 'ies'}"
        text = f"{summary}; {count(models, 'model')}, {library_count}"
        self.lines.append(self.paint(report.verdict.value, "─" * self.width))
        first, *rest = wrap(f"{text}; {policy}; {meaning}", self.width - width_of(report.verdict.value) - 2)
        self.lines.append(f"{word}  {first}")
        self.lines.extend(" " * (width_of(report.verdict.value) + 2) + part for part in rest)

    def sources(self) -> None:
        sources = self.report.sources
        parts = []
        if sources.lock_path:
            parts.append(f"lock {sources.lock_path}")
        if sources.catalog_date:
            parts.append(f"catalog of {sources.catalog_date}{resting_on_catalog(self.report)}")
        if sources.knowledge_date:
            parts.append(f"knowledge of {sources.knowledge_date}")
        parts.append(f"Hub {sources.hub}" if sources.hub else "no network used")
        self.lines.append(self.paint("dim", fit("facts from: " + ", ".join(parts), self.width)))


def render(report: Report, options: Options) -> bytes:
    """Text for a terminal of `options.width` columns; nothing foreign in it can move the cursor."""
    writer = _Writer(report, options)
    if report.verdict is not None:
        write_findings(report, writer.canvas)
    writer.by_origin()
    if options.verbose:
        writer.trees()
    writer.services()
    writer.changes()
    writer.gaps()
    writer.next_steps()
    writer.sources()
    writer.verdict()
    return ("\n".join(writer.lines) + "\n").encode()
