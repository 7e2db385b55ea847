"""`aicheck explain`: the page of a rule, or why there is a finding."""

from __future__ import annotations

import json
from typing import Any

import click

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

    With --report: explain a finding of that report, by its number or the beginning of its fingerprint, from the
    reference over lineage and claims with their sources to the line of the policy, how to fix it, and how to
    waive it.
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
    if report_file is not None and name not in RULES:
        _finding(rule, report_file, fmt)
        return
    text = page(name)
    if text is None:
        if rule.isdigit() or (len(rule) >= 4 and set(rule.lower()) <= set("0123456789abcdef")):  # noqa: PLR2004 - a prefix
            raise ConfigError(
                f"'{rule}' looks like a finding", key="rule", hint="name the report: --report report.json"
            )
        hint = "custom rules are explained by the policy that holds them" if name == "custom" else None
        raise ConfigError(
            f"there is no rule '{rule}'",
            key="rule",
            hint=hint or suggest(name, list(RULES)) or "see 'aicheck explain'",
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


def _finding(text: str, report_file: str, fmt: str) -> None:
    from pathlib import Path

    from aicheck.cli.explain_finding import find, finding_document, finding_text
    from aicheck.report.read_json import report_from_json
    from aicheck.scan import Clock

    report = report_from_json(Path(report_file).read_bytes(), path=report_file)
    number, finding = find(report, text, report_file)
    today = Clock.from_environment().today
    if fmt == "text":
        click.echo(finding_text(report, number, finding, today), nl=False)
    else:
        from aicheck.report.plain import dump

        click.echo(dump(finding_document(report, number, finding, today)), nl=False)
