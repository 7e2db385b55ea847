"""`aicheck diff A B`: which models and findings differ between two states of a project."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aicheck.cli import common
from aicheck.core.evidence import value_of
from aicheck.core.finding import Finding, Verdict
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Inventory
from aicheck.core.target import Library
from aicheck.errors import ConfigError
from aicheck.settings import Sourced, load_settings

if TYPE_CHECKING:
    from aicheck.core.component import Component
    from aicheck.core.report import Report
    from aicheck.evaluate import Policy
    from aicheck.lock.drift import Change
    from aicheck.resolve import Sources
    from aicheck.scan import Clock

__all__ = ["command"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs."""

    added: tuple[Component, ...]
    removed: tuple[Component, ...]
    changed: tuple[tuple[Component, tuple[Change, ...]], ...]
    new: tuple[Finding, ...]
    resolved: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict on what is new."""
        effects = {finding.effect for finding in self.new if finding.waiver is None}
        return next((each for each in (Verdict.FAIL, Verdict.INCONCLUSIVE) if each in effects), Verdict.PASS)


@click.command("diff", short_help="Say which models and findings differ between two states of a project.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B", default=".")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text")
@click.option("-C", "--directory", default=".", type=click.Path(path_type=Path), help="Repository of revisions.")
@click.option("--policy", metavar="NAME|FILE", help="A shipped pack or a policy file. Default: as in settings.")
@click.option("--offline", is_flag=True, default=None, help="Use no network: lock and embedded catalog only.")
@click.option("--locked", is_flag=True, default=None, help="Rest on aicheck.lock alone; implies --offline.")
@click.option("--libraries", is_flag=True, help="Show libraries that were added, removed or changed, too.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, instead of the nearest one.")
def command(before: str, after: str, **flags: Any) -> None:
    """Compare A with B. Each is a git revision (read from the object store, without a checkout), a directory or
    other tree, a CycloneDX BOM, a JSON report, or an aicheck.lock. B is the present directory where it is left
    out: 'aicheck diff HEAD' shows what the working tree changes.

    Findings are told apart by fingerprints without line numbers; what was moved to another file is not new.

    \b
    Exit codes: 0 no new violation · 1 new violations · 2 could not run · 3 something new could not be seen.
    """  # noqa: D205, D301 - shown as running text by --help; \b is click's
    from aicheck.evaluate import load_policy
    from aicheck.scan import Clock, sources_of

    directory: Path = flags["directory"]
    sourced = load_settings(
        directory,
        {"policy": flags["policy"], "offline": flags["offline"], "locked": flags["locked"]},
        config=flags["config"],
    )
    policy = load_policy(common.policy_path(sourced))
    clock = Clock.from_environment()
    # One set of sources for both sides: what changed on the Hub meanwhile is not a difference of A and B.
    sources = sources_of(sourced.settings, clock, directory)
    sides = [
        _side(name, directory, sourced, policy, sources, clock, judged=flags["policy"] is not None)
        for name in (before, after)
    ]
    found = _difference(sides[0], sides[1], libraries=flags["libraries"])
    write = {"text": _text, "json": _json, "markdown": _markdown}[flags["format_"]]
    click.echo(write(found, before, after), nl=False)
    raise click.exceptions.Exit(common.EXIT_CODES[found.verdict])


# -- the sides -----------------------------------------------------------------------------------------------


def _side(
    name: str,
    directory: Path,
    sourced: Sourced,
    policy: Policy,
    sources: Sources,
    clock: Clock,
    *,
    judged: bool,
) -> Report:
    """Return a side as a report; `judged`: evaluate again what carries findings of its own."""
    from aicheck.scan import discovery_of, evaluate_report, info_of, scan

    path = Path(name)
    settings = sourced.settings
    if path.is_file() and (document := _document(path)) is not None:
        if isinstance(document, tuple):
            components, inventory, report = document, Inventory(name, (), ()), None
        else:
            report = document
            components, inventory = report.components, report.inventory
        if report is not None and report.policy is not None and not judged:
            return report
        return evaluate_report(
            inventory, components, path.name, policy, info_of(sources), clock, fail_on=settings.fail_on
        )
    from aicheck.discover import trees

    if path.exists():
        tree = trees.open_tree(name)
    else:
        from aicheck.discover.git import GitTree, prefix_of

        try:
            tree = GitTree(directory, name, prefix=prefix_of(directory))
        except ConfigError as error:
            raise ConfigError(
                f"'{name}' is neither a file or directory nor a git revision", hint=error.message
            ) from error
    return scan(
        tree,
        common.project_name(directory),
        policy,
        sources,
        clock,
        discovery_of(settings),
        fail_on=settings.fail_on,
    )


def _document(path: Path) -> Report | tuple[Component, ...] | None:
    """Return the report or the components in a file; None where it is to be scanned."""
    with path.open("rb") as file:
        start = file.read(64 << 10)
    if b'"lock_version"' in start:
        from aicheck.lock.file import read_lock
        from aicheck.lock.verify import components_of

        return components_of(read_lock(path, shown=str(path)))
    if b'"bomFormat"' not in start and b'"schema_version"' not in start:
        return None
    from aicheck.cli.bom import read_report

    return read_report(str(path))


# -- the difference ------------------------------------------------------------------------------------------


def _difference(before: Report, after: Report, *, libraries: bool) -> Difference:
    from aicheck.lock.drift import changes

    old = {_key(each): each for each in before.components if libraries or not isinstance(each.target, Library)}
    new = {_key(each): each for each in after.components if libraries or not isinstance(each.target, Library)}
    changed = []
    for key in sorted(old.keys() & new.keys()):
        found = changes(old[key], new[key])
        if found:
            changed.append((new[key], found))
    fresh = _beyond(after.findings, before.findings)
    gone = _beyond(before.findings, after.findings)
    return Difference(
        tuple(new[key] for key in sorted(new.keys() - old.keys())),
        tuple(old[key] for key in sorted(old.keys() - new.keys())),
        tuple(changed),
        _unmoved(fresh, gone),
        _unmoved(gone, fresh),
    )


def _key(component: Component) -> str:
    # The version of a library stands in its target; the library is the same one.
    text = str(component.target)
    return text.partition("?")[0].rpartition("@")[0] or text if isinstance(component.target, Library) else text


def _beyond(some: tuple[Finding, ...], others: tuple[Finding, ...]) -> list[Finding]:
    """Findings of `some` that occur more often than in `others` (two alike in one file are two)."""
    count = Counter(finding.fingerprint for finding in others)
    result = []
    for finding in some:
        if count[finding.fingerprint]:
            count[finding.fingerprint] -= 1
        else:
            result.append(finding)
    return result


def _unmoved(some: list[Finding], others: list[Finding]) -> tuple[Finding, ...]:
    """Leave out what is the same finding at another place: moved code is not new."""

    def what(finding: Finding) -> tuple[str, str, str, str]:
        return (finding.rule, finding.status, finding.subject, finding.level)

    count = Counter(what(finding) for finding in others if finding.occurrences)
    # A lock knows no places: its one finding stands for all of that component.
    placeless = {what(finding) for finding in others if not finding.occurrences}
    result = []
    for finding in some:
        key = what(finding)
        if key in placeless or (not finding.occurrences and count[key]):
            continue
        if count[key]:
            count[key] -= 1
        else:
            result.append(finding)
    return tuple(result)


# -- writing -------------------------------------------------------------------------------------------------


def _facts(component: Component) -> dict[str, Any]:
    from aicheck.lock.drift import commit_of

    developer = value_of(component.developer)
    license_ = value_of(component.license)
    return {
        "target": str(component.target),
        "ref": component.ref,
        "kind": component.kind.value,
        "revision": commit_of(component) or component.version,
        "license": license_.expression if license_ else None,
        "developer": developer.name if developer else None,
        "country": developer.country if developer else None,
        "ancestors": [ancestor.id for ancestor in component.lineage.ancestors],
        "places": [f"{one.occurrence.path}:{one.occurrence.line}" for one in component.references],
    }


def _json(found: Difference, before: str, after: str) -> bytes:
    from aicheck.report.json_ import finding_dict
    from aicheck.report.plain import dump

    return dump(
        {
            "schema_version": "1.0",
            "before": before,
            "after": after,
            "verdict": found.verdict.value,
            "added": [_facts(each) for each in found.added],
            "removed": [_facts(each) for each in found.removed],
            "changed": [
                {**_facts(each), "changes": [asdict(change) for change in listed]}
                for each, listed in found.changed
            ],
            "new_findings": [finding_dict(each) for each in found.new],
            "resolved_findings": [finding_dict(each) for each in found.resolved],
        }
    )


def _line(component: Component) -> str:
    facts = _facts(component)
    who = (
        f"{facts['developer']}, {facts['country'] or 'country not known'}"
        if facts["developer"]
        else "not known who"
    )
    return f"{facts['target']}  ({who}; {facts['license'] or 'licence not known'})"


def _finding(finding: Finding) -> str:
    place = finding.occurrences[0] if finding.occurrences else None
    where = f"{place.path}:{place.line}: " if place is not None else ""
    waived = " (waived)" if finding.waiver is not None else ""
    return f"{where}{finding.level.value}[{finding.rule}]: {finding.subject}: {finding.message}{waived}"


def _change(change: Change) -> str:
    detail = f" ({change.detail})" if change.detail else ""
    return f"{change.kind}: {change.before or 'nothing'} → {change.after or 'nothing'}{detail}"


def _text(found: Difference, before: str, after: str) -> str:
    from aicheck.report.safety import visible

    lines = [f"models: {before} → {after}"]
    lines += [f"  + {_line(each)}" for each in found.added]
    lines += [f"  - {_line(each)}" for each in found.removed]
    for each, listed in found.changed:
        lines.append(f"  ~ {each.target}")
        lines += [f"      {_change(change)}" for change in listed]
    if not (found.added or found.removed or found.changed):
        lines.append("  no difference")
    for title, findings in (("new findings", found.new), ("resolved findings", found.resolved)):
        lines.append(f"{title}: {len(findings)}")
        lines += [f"  {_finding(finding)}" for finding in findings]
    lines.append(found.verdict.value)
    return "".join(visible(line) + "\n" for line in lines)


def _markdown(found: Difference, before: str, after: str) -> str:
    from aicheck.report.markdown import escape

    lines = [f"### aicheck: {escape(before)} → {escape(after)}: {found.verdict.value}", ""]
    rows = [("added", _line(each)) for each in found.added]
    rows += [("removed", _line(each)) for each in found.removed]
    rows += [
        ("changed", f"{each.target}: " + "; ".join(_change(change) for change in listed))
        for each, listed in found.changed
    ]
    if rows:
        lines += ["| | model |", "|---|---|", *(f"| {sign} | {escape(text)} |" for sign, text in rows), ""]
    else:
        lines += ["No model was added, removed or changed.", ""]
    for title, findings in (("New findings", found.new), ("Resolved findings", found.resolved)):
        if findings:
            lines += [f"**{title}** ({len(findings)})", ""]
            lines += [f"- {escape(_finding(finding))}" for finding in findings]
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"
