"""`aicheck show`: the one-screen answer about a model, an organisation, a host or a licence."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from aicheck.cli import common
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.cli.answers import Entry
    from aicheck.core.report import Report
    from aicheck.resolve import Sources
    from aicheck.scan import Clock

__all__ = ["EXIT_UNKNOWN", "command"]

EXIT_UNKNOWN: Final = 3


@click.command("show", short_help="Say what is known of a model, org:NAME, host:NAME or license:ID.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option("--tree", is_flag=True, help="Draw the whole lineage.")
@click.option("--facts", is_flag=True, help="Print the facts that policies can read (JSON).")
@click.option("--policy", metavar="NAME|FILE", help="Add verdict and findings of a policy.")
@click.option(
    "--offline/--online",
    default=None,
    help="Never ask the Hub, or always. Default: for what is not on record, and where HF_ENDPOINT names one.",
)
def command(
    names: tuple[str, ...], format_: str, policy: str | None, *, tree: bool, facts: bool, offline: bool | None
) -> None:
    """Say what is known of NAME: who made it, where, from what, on which terms, which weights.

    \b
    NAME is a model in any spelling (Qwen/Qwen3-8B, a purl, a Hub URL, ollama:qwen3:8b,
    openrouter:moonshotai/kimi-k2, gpt-4o), org:NAMESPACE, host:HOSTNAME or license:ID
    (the prefix may be left out where the name can be nothing else).
    Exit code 3 where a name is unknown; with --policy: 0 pass, 1 fail, 3 inconclusive.
    """  # noqa: D301 - \b is click's
    from pathlib import Path

    from aicheck.cli.answers import answer
    from aicheck.scan import Clock, sources_of

    clock = Clock.from_environment()
    settings = load_settings(Path.cwd(), {"offline": offline, "policy": policy}).settings
    # What is on record needs no question: the answer comes at once. A person who names a Hub wants its word.
    at_once = offline is None and not os.environ.get("HF_ENDPOINT")
    sources = sources_of(replace(settings, offline=True) if at_once else settings, clock)
    sources = replace(sources, overviews=True)
    wanted = format_ == "json"
    # What logs a person in at a mirror is not part of a name, and is not printed.
    names = tuple(re.sub(r"(?<=://)[^/@\s]{1,500}@", "", name) for name in names)
    entries = [answer(name, sources, facts=facts, document=wanted) for name in names]
    if at_once and not settings.offline and any(_open(entry) for entry in entries):
        sources = replace(sources_of(settings, clock), overviews=True)
        entries = [
            answer(entry.name, sources, facts=facts, document=wanted) if _open(entry) else entry
            for entry in entries
        ]
    verdicts = [_judged(entry, policy, sources, clock) if policy else None for entry in entries]
    if format_ == "json" or facts:
        import orjson

        documents = [
            entry.document | (_verdict_document(verdict) if verdict is not None else {})
            for entry, verdict in zip(entries, verdicts, strict=True)
        ]
        data = documents[0] if len(documents) == 1 else documents
        sys.stdout.buffer.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        from aicheck.cli.show_text import render

        color = common.color_wanted(sys.stdout)
        width = common.width_of(sys.stdout)
        texts = [
            render(entry, tree=tree, color=color, width=width)
            + (_verdict_text(verdict) if verdict is not None else "")
            for entry, verdict in zip(entries, verdicts, strict=True)
        ]
        click.echo("\n".join(texts), nl=False)
    codes = {common.exit_code(verdict) for verdict in verdicts if verdict is not None}
    if 1 in codes:
        raise click.exceptions.Exit(1)
    if EXIT_UNKNOWN in codes or any(not entry.known for entry in entries):
        raise click.exceptions.Exit(EXIT_UNKNOWN)


def _judged(entry: Entry, policy: str, sources: Sources, clock: Clock) -> Report | None:
    """Return what a policy says of one model, as if a project used it; None for what is no component."""
    if entry.component is None:
        return None
    from aicheck.core.reference import Inventory
    from aicheck.evaluate import load_policy
    from aicheck.scan import evaluate_report, info_of

    return evaluate_report(
        Inventory(entry.name, (), ()),
        (entry.component,),
        entry.name,
        load_policy(policy),
        info_of(sources),
        clock,
    )


def _verdict_document(report: Report) -> dict[str, Any]:
    from aicheck.report.json_ import finding_dict

    assert report.verdict is not None
    return {
        "verdict": report.verdict.value,
        "policy": report.policy.name if report.policy is not None else None,
        "findings": [finding_dict(finding) for finding in report.findings],
    }


def _verdict_text(report: Report) -> str:
    from aicheck.report.safety import visible

    assert report.verdict is not None
    assert report.policy is not None
    lines = [f"{'policy':<12} {report.verdict.value} ({report.policy.name})"]
    for finding in report.findings:
        waived = " (waived)" if finding.waiver is not None else ""
        lines.append(f"{'':<12} {finding.level.value}[{finding.rule}]: {finding.message}{waived}")
    return "".join(f"  {visible(line)}\n" for line in lines)


def _open(entry: Entry) -> bool:
    """Whether the Hub could say more: a model on it of which no record is at hand."""
    held = entry.component is not None and entry.component.answered_by not in {None, "knowledge"}
    return entry.kind == "model" and not held and str(entry.document.get("target", "")).startswith("hf")
