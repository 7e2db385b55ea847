"""`aicheck explain`: the page of a rule, or why there is a finding."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from aicheck.cli import common
from aicheck.errors import ConfigError

__all__ = ["command"]


@click.command(name="explain", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("rule", required=False, metavar="[RULE|FINDING]")
@click.option(
    "--report",
    "report_file",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON report that holds the finding (aicheck scan -f json).",
)
@click.option(
    "-f", "--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output."
)
def command(rule: str | None, fmt: str, report_file: str | None) -> None:
    """Explain a rule (origin-allowed, or a use of it: origin-allowed/tier-2); without one, list them.

    Or explain a finding of the last scan of this directory, or of --report: by its number, the beginning of its
    fingerprint, its model, or its place (app.py:12). From the reference over lineage and claims with their
    sources to the line of the policy, how to fix it, and how to waive it.

    The last report is kept in the user's cache (AICHECK_CACHE_DIR), not in CI and not with --no-cache.
    """
    from aicheck.evaluate.registry import RULES, page
    from aicheck.evaluate.schema import suggest

    if rule is None:
        if fmt == "json":
            click.echo(json.dumps({"rules": {r.id: r.summary for r in RULES.values()}}, indent=2))
            return
        width = max(map(len, RULES))
        for each in RULES.values():
            click.echo(f"{each.id:<{width}}  {each.summary}")
        return
    name = rule.partition("/")[0]
    if name not in RULES and name != "custom" and (report_file is not None or _remembered()):
        _finding(rule, report_file, fmt)
        return
    text = page(name)
    if text is None:
        if rule.isdigit() or (len(rule) >= 4 and set(rule.lower()) <= set("0123456789abcdef")):  # noqa: PLR2004 - a prefix
            raise ConfigError(
                f"'{rule}' looks like a finding, and this directory was not scanned yet",
                key="rule",
                hint="run 'aicheck scan' first, or name the report: --report report.json",
            )
        hint = "custom rules are explained by the policy that holds them" if name == "custom" else None
        raise ConfigError(
            f"there is no rule '{rule}'",
            key="rule",
            hint=hint
            or suggest(name, list(RULES))
            or "see 'aicheck explain'; for a finding run 'aicheck scan' first, or name a report: --report",
        )
    if fmt == "text":
        click.echo(text, nl=False)
        return
    found = RULES[name]
    options: list[dict[str, Any]] = [
        {"name": option.name, "type": option.type.words, "default": option.default, "summary": option.summary}
        for option in found.options
    ]
    kinds = sorted(kind.value for kind in found.kinds)
    row = {"id": found.id, "summary": found.summary, "kinds": kinds, "options": options, "page": text}
    click.echo(json.dumps(row, indent=2, ensure_ascii=False))


def _remembered() -> bool:
    from pathlib import Path

    from aicheck.cli.last import last_report

    return last_report(Path.cwd()) is not None


def _finding(text: str, report_file: str | None, fmt: str) -> None:
    from pathlib import Path

    from aicheck.cli.explain_finding import find, finding_document, finding_text, listing
    from aicheck.cli.last import last_report
    from aicheck.evaluate.registry import RULES
    from aicheck.evaluate.schema import suggest
    from aicheck.report.read_json import report_from_json
    from aicheck.scan import Clock

    shown = report_file or "the last scan"
    if report_file is None:
        held = last_report(Path.cwd())
        assert held is not None  # asked for just now
        data = held[0].read_bytes()
    else:
        data = Path(report_file).read_bytes()
    report = report_from_json(data, path=shown)
    if report_file is None:
        click.echo(f"aicheck: of the scan of {report.project} at {report.created}", err=True)
    found = find(report, text, shown, suggest(text.partition("/")[0], list(RULES)))
    if len(found) > 1:
        if fmt == "text":
            click.echo(listing(report, found), nl=False)
        else:
            from aicheck.report.json_ import finding_dict
            from aicheck.report.plain import dump

            click.echo(
                dump([{"number": number, "finding": finding_dict(each)} for number, each in found]), nl=False
            )
        return
    ((number, finding),) = found
    today = Clock.from_environment().today
    if fmt == "text":
        click.echo(finding_text(report, number, finding, today, common.width_of(sys.stdout)), nl=False)
    else:
        from aicheck.report.plain import dump

        click.echo(dump(finding_document(report, number, finding, today)), nl=False)
