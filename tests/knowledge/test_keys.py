"""Keys that name models, in every spelling; and those that only look alike."""

from __future__ import annotations

import pytest

from aicheck.knowledge.commands import command_table
from aicheck.knowledge.keys import lookup, normalize


@pytest.mark.parametrize(
    "key",
    ["model_name_or_path", "modelNameOrPath", "--model-name-or-path", "MODEL_NAME_OR_PATH", "Model-Name-Or-Path"],
)
def test_one_key_in_all_spellings(key: str) -> None:
    assert normalize(key) == "model_name_or_path"
    row = lookup(key)
    assert row is not None
    assert row.sure
    assert row.kind == "model"


@pytest.mark.parametrize(
    "key",
    [
        "served_model_name",
        "--served-model-name",
        "output_dir",
        "model_type",
        "hub_model_id",
        "user_model",
        "MODEL_DIR",
    ],
)
def test_keys_that_only_look_alike(key: str) -> None:
    assert lookup(key) is None


@pytest.mark.parametrize(
    ("key", "parents", "kind"),
    [
        ("name", ("spec", "model"), "model"),
        ("path", ("actor", "model"), "model"),
        ("model", ("embedding",), "embedding"),
        ("RAG_EMBEDDING_MODEL", (), "embedding"),
        ("OLLAMA_BASE_URL", (), "base_url"),
        ("actor_rollout_ref.model.path", (), "model"),
    ],
)
def test_kinds(key: str, parents: tuple[str, ...], kind: str) -> None:
    row = lookup(key, parents)
    assert row is not None
    assert row.kind == kind


def test_names_alone_say_nothing() -> None:
    assert lookup("name") is None
    assert lookup("name", ("metadata",)) is None
    assert lookup("id", ("user",)) is None


def test_provider_stands_in_the_key() -> None:
    row = lookup("OPENAI_MODEL")
    assert row is not None
    assert row.provider == "openai"


def test_every_program_has_known_roles() -> None:
    roles = {
        role.rstrip("*")
        for rows in command_table().programs.values()
        for row in rows
        for role in (*row.positional, *row.flags.values())
    }
    assert roles <= {
        "model", "tokenizer", "adapter", "adapter-list", "dataset", "ollama", "weights", "url", "filename", "keyvalues", "hosted", "json",
        "none", "out", "word", "whisper", "spacy", "nltk", "modelscope", "docker-model", "base-url", "anthropic", "openai", "google",
    }  # fmt: skip
