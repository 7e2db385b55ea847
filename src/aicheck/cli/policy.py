"""`aicheck policy`: check, test, show and list policies."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aicheck.evaluate.cases import CaseResult
    from aicheck.evaluate.policy import Policy

__all__ = ["command"]

_FORMAT = click.option(
    "-f", "--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output."
)


@click.group(name="policy", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Check, test, show and list policies."""


def _load(name: str) -> Policy:
    from aicheck.evaluate import load_policy

    return load_policy(name)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@command.command()
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@_FORMAT
def check(policies: tuple[str, ...], fmt: str) -> None:
    """Say whether policies (names of packs or files) are well formed; exit 2 where one is not."""
    from aicheck.errors import ConfigError
    from aicheck.evaluate.waivers import check_waivers

    results: list[dict[str, Any]] = []
    failed = False
    for name in policies:
        try:
            policy = _load(name)
            check_waivers(policy, _today())
        except ConfigError as error:
            failed = True
            place = {"path": error.path, "line": error.line, "column": error.column, "key": error.key}
            results.append({"policy": name, "ok": False, "error": error.message, "hint": error.hint, **place})
            if fmt == "text":
                click.echo(f"aicheck: {error}", err=True)
            continue
        rules = dict(policy.info.rules)
        results.append(
            {
                "policy": name,
                "ok": True,
                "name": policy.info.name,
                "sha256": policy.info.sha256,
                "sources": list(policy.info.sources),
                "rules": rules,
                "waivers": len(policy.waivers),
                "tests": len(policy.tests),
            }
        )
        if fmt == "text":
            click.echo(f"{name}: ok, {_count(len(rules), 'rule')}, {_count(len(policy.waivers), 'waiver')}")
    if fmt == "json":
        _print_json({"policies": results})
    if failed:
        sys.exit(2)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _today() -> Any:
    import datetime as dt
    import os

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch.isdecimal() else dt.datetime.now(dt.UTC)
    return moment.date()


@command.command()
@click.argument("policies", nargs=-1, required=True, metavar="POLICY…")
@_FORMAT
def test(policies: tuple[str, ...], fmt: str) -> None:
    """Run the test cases that policies carry; exit 1 where one gives another answer than it expects."""
    from aicheck.evaluate.cases import run_cases

    results: list[dict[str, Any]] = []
    for name in policies:
        cases = run_cases(_load(name))
        results += [_case(name, case) for case in cases]
        if fmt == "text":
            _print_cases(name, cases)
    if fmt == "json":
        _print_json({"cases": results, "passed": all(case["passed"] for case in results)})
    if not all(case["passed"] for case in results):
        sys.exit(1)


def _case(policy: str, case: CaseResult) -> dict[str, Any]:
    return {
        "policy": policy,
        "name": case.name,
        "location": case.location,
        "passed": case.passed,
        "verdict": case.evaluation.verdict.value,
        "differences": list(case.differences),
        "findings": [
            {"rule": f.rule, "status": f.status.value, "subject": f.subject, "message": f.message}
            for f in case.evaluation.findings
        ],
    }


def _print_cases(name: str, cases: tuple[CaseResult, ...]) -> None:
    if not cases:
        click.echo(f"{name}: no test cases")
    for case in cases:
        click.echo(f"{'ok    ' if case.passed else 'FAILED'} {name}: {case.name}")
        for difference in case.differences:
            click.echo(f"       {case.location}: {difference}")
        for finding in case.evaluation.findings if not case.passed else ():
            click.echo(f"       {finding.status.value} {finding.rule}: {finding.subject}: {finding.message}")


@command.command()
@click.argument("policy", metavar="POLICY")
@_FORMAT
def show(policy: str, fmt: str) -> None:
    """Show a policy with everything that it extends, merged, with the place of every rule."""
    loaded = _load(policy)
    if fmt == "json":
        info = loaded.info
        head = {"name": info.name, "sha256": info.sha256, "sources": list(info.sources), "summary": info.summary}
        _print_json({**head, "policy": loaded.document})
        return
    import yaml

    click.echo(f"# {loaded.info.name}, merged from {', '.join(loaded.info.sources)}")
    click.echo(f"# sha256 {loaded.info.sha256}")
    for use in loaded.uses:
        click.echo(f"# {use.key}: {use.places['']}")
    # Strings that YAML 1.1 would read otherwise (NO, dates) come out quoted, so any reader reads them back.
    click.echo(yaml.safe_dump(loaded.document, sort_keys=False, allow_unicode=True, width=100), nl=False)


@command.command(name="list")
@_FORMAT
def list_(fmt: str) -> None:
    """List the policy packs that ship with aicheck."""
    from aicheck.evaluate import pack_names

    packs = [(name, _load(name)) for name in pack_names()]
    if fmt == "json":
        rows = [{"name": n, "summary": p.info.summary, "rules": dict(p.info.rules)} for n, p in packs]
        _print_json({"policies": rows})
        return
    width = max((len(name) for name, _ in packs), default=0)
    for name, policy in packs:
        click.echo(f"{name:<{width}}  {policy.info.summary}")
