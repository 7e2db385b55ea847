"""`aicheck show`: the one-screen answer about a model, an organisation, a host or a licence."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from aicheck.cli import common
from aicheck.settings import load_settings

if TYPE_CHECKING:
    from aicheck.cli.answers import Entry

__all__ = ["EXIT_UNKNOWN", "command"]

EXIT_UNKNOWN: Final = 3


@click.command("show", short_help="Say what is known of a model, org:NAME, host:NAME or license:ID.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("-f", "--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option("--tree", is_flag=True, help="Draw the whole lineage.")
@click.option("--facts", is_flag=True, help="Print the facts that policies can read (JSON).")
@click.option("--policy", metavar="NAME|FILE", help="Add the verdict of a policy.")
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
    openrouter:moonshotai/kimi-k2, gpt-4o), org:NAMESPACE, host:HOSTNAME or license:ID.
    Exit code 3 where a name is unknown.
    """  # noqa: D301 - \b is click's
    from pathlib import Path

    from aicheck.cli.answers import answer
    from aicheck.scan import Clock, sources_of

    clock = Clock.from_environment()
    settings = load_settings(Path.cwd(), {"offline": offline, "policy": policy}).settings
    # What is on record needs no question: the answer comes at once. A person who names a Hub wants its word.
    at_once = offline is None and not os.environ.get("HF_ENDPOINT")
    sources = sources_of(replace(settings, offline=True) if at_once else settings, clock)
    entries = [answer(name, sources, facts=facts) for name in names]
    if at_once and not settings.offline and any(_open(entry) for entry in entries):
        sources = sources_of(settings, clock)
        entries = [answer(entry.name, sources, facts=facts) if _open(entry) else entry for entry in entries]
    if format_ == "json" or facts:
        import orjson

        documents = [entry.document for entry in entries]
        data = documents[0] if len(documents) == 1 else documents
        sys.stdout.buffer.write(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        from aicheck.cli.show_text import render

        color = common.color_wanted(sys.stdout)
        click.echo("\n".join(render(entry, tree=tree, color=color) for entry in entries), nl=False)
    if any(not entry.known for entry in entries):
        raise click.exceptions.Exit(EXIT_UNKNOWN)


def _open(entry: Entry) -> bool:
    """Whether the Hub could say more: a model on it that the record does not hold."""
    return entry.kind == "model" and not entry.known and str(entry.document.get("target", "")).startswith("hf")
