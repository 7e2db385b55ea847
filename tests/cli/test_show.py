"""`aicheck show` on one screen: every kind of name, with and without its prefix, at eighty columns."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from aicheck.cli.app import app

WIDTH = 80


def show(*names: str, width: int | None = None) -> tuple[int, str]:
    env = {"COLUMNS": str(width) if width else None, "AICHECK_OFFLINE": "1"}
    done = CliRunner(env=env).invoke(app, ["show", "--offline", *names])
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("api.deepseek.com", "operator"),
        ("host:api.deepseek.com", "operator"),
        ("Qwen", "organization"),
        ("deepseek-ai", "organization"),
        ("apache-2.0", "expression"),
        ("license:apache-2.0", "expression"),
        ("gpt-4o", "hosted by"),
        ("claude", "hosted by"),
        ("Qwen/Qwen3-8B", "weights"),
    ],
)
def test_a_prefix_is_needed_only_where_the_name_could_be_something_else(name: str, label: str) -> None:
    code, text = show(name)
    assert code == 0
    assert f"\n  {label:<12} " in text


def test_a_served_model_says_nothing_of_commits_and_files_that_nobody_sees() -> None:
    _, text = show("gpt-4o")
    assert not {"publisher", "revision", "weights"} & {line.split()[0] for line in text.splitlines()[1:]}


def test_a_bare_name_of_a_registry_suggests_the_registry() -> None:
    assert "did you mean ollama:llama3.1" in show("llama3.1")[1]
    assert "did you mean Qwen/Qwen3-8B" in show("Qwen/Qwen3-8X")[1]


NAMES = (
    "Qwen/Qwen3-8B", "nvidia/OpenReasoning-Nemotron-7B", "org:Qwen", "host:openrouter.ai", "license:llama3.1",
    "openrouter:moonshotai/kimi-k2", "ollama:qwen3:8b",
)  # fmt: skip


def test_several_names_fit_eighty_columns_and_lose_nothing() -> None:
    _, wide = show("--tree", *NAMES)
    code, narrow = show("--tree", *NAMES, width=WIDTH)
    assert code == 0
    # A single word may be longer than the line: names and addresses are not cut.
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in narrow.splitlines())
    assert narrow.split() == wide.split()
    assert any(len(line) > WIDTH for line in wide.splitlines())


def test_facts_are_what_policies_read() -> None:
    _, text = show("--facts", "Qwen/Qwen3-8B", "gpt-4o")
    documents = json.loads(text)
    assert [document["name"] for document in documents] == ["Qwen/Qwen3-8B", "gpt-4o"]
    assert all(document["facts"] for document in documents)
