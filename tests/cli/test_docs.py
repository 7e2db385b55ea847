"""The pages of the daily work say what the program does."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from aicheck.cli.app import VERBS, app
from aicheck.lock.drift import KINDS
from aicheck.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("first-steps", "lock", "verify", "diff", "fix", "configuration")


def test_every_setting_is_on_the_page_with_its_default() -> None:
    rows = dict(
        re.findall(r"(?m)^\| `([\w-]+)` \| `AICHECK_\w+` \| (\S+) \|", (DOCS / "configuration.md").read_text())
    )
    held = {field.name.replace("_", "-"): field.default for field in fields(Settings)}
    assert set(rows) == set(held)
    for key, default in held.items():
        shown = {"()": "none"}.get(
            str(default), f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"
        )
        assert rows[key] == shown, key
        assert f"`AICHECK_{key.replace('-', '_').upper()}`" in (DOCS / "configuration.md").read_text()


def test_every_kind_of_change_is_on_the_page() -> None:
    page = (DOCS / "verify.md").read_text()
    assert all(f"`{kind}`" in page for kind in KINDS if kind != "hosting")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_is_one(page: str) -> None:
    context = click.Context(app)
    text = (DOCS / f"{page}.md").read_text()
    called = re.findall(r"(?m)(?:^|`|\()aicheck ([a-z]+)([^`\n#|]*)", "\n".join(_code(text)))
    assert called, page
    for verb, rest in called:
        assert verb in VERBS, f"{page}: aicheck {verb}"
        command = app.get_command(context, verb)
        assert command is not None
        known = {spelling for each in command.params for spelling in (*each.opts, *each.secondary_opts)}
        for option in re.findall(r"(?<![\w-])(--[a-z-]+)", rest):
            assert option in known, f"{page}: aicheck {verb} {option}"


def _code(text: str) -> list[str]:
    return [*re.findall(r"(?ms)^```sh\n(.*?)^```", text), *re.findall(r"`aicheck [^`]+`", text)]


@pytest.mark.parametrize("page", PAGES)
def test_no_link_is_broken(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)", (DOCS / f"{page}.md").read_text()):
        assert "://" in target or (DOCS / target).exists(), f"{page}: {target}"
