"""`aicheck explain`: the page of a rule."""

from __future__ import annotations

import json
from typing import Any

import click

from aicheck.errors import ConfigError

__all__ = ["command"]


@click.command(name="explain", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("rule", required=False)
@click.option(
    "-f", "--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output."
)
def command(rule: str | None, fmt: str) -> None:
    """Explain a rule (`origin-allowed`, or a use of it: `origin-allowed/tier-2`); without one, list them."""
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
    text = page(name)
    if text is None:
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
