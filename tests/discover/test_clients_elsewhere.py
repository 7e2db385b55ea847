"""Names, clients and addresses that other files of a project give; loops over lists of models."""

from __future__ import annotations

import json
from pathlib import Path

from aicheck.core.evidence import Gap, GapReason
from aicheck.discover import discover


def _scan(root: Path, files: dict[str, str]) -> tuple[set[tuple[str, int, str]], tuple[Gap, ...]]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    inventory = discover(root)
    found = {(r.occurrence.path, r.occurrence.line, str(r.target)) for r in inventory.references}
    return found, inventory.gaps


_SETTINGS = """from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    chat_model: str = "moonshotai/kimi-k2"
    router_url: str = "https://openrouter.ai/api/v1"

settings = Settings()
"""


def test_a_base_url_from_another_module_binds_the_model_and_its_default(tmp_path: Path) -> None:
    use = """from openai import OpenAI
from app.settings import settings

router = OpenAI(base_url=settings.router_url)
reply = router.chat.completions.create(model=settings.chat_model, messages=[])
second = router.chat.completions.create(model="qwen/qwen3-32b", messages=[])
"""
    found, gaps = _scan(tmp_path, {"app/settings.py": _SETTINGS, "app/use.py": use})
    assert ("app/use.py", 5, "api:openrouter/moonshotai/kimi-k2") in found
    assert ("app/use.py", 6, "api:openrouter/qwen/qwen3-32b") in found
    assert ("app/settings.py", 4, "api:openrouter/moonshotai/kimi-k2") in found
    assert not [gap for gap in gaps if gap.reason in {GapReason.DYNAMIC, GapReason.UNBOUND}]


def test_a_client_made_in_another_module_binds_the_model(tmp_path: Path) -> None:
    clients = 'from openai import OpenAI\ndeep = OpenAI(base_url="https://api.deepseek.com")\n'
    named = "from app.clients import deep\ndeep.chat.completions.create(model='deepseek-chat', messages=[])\n"
    module = "from app import clients\nclients.deep.chat.completions.create(model='deepseek-chat', messages=[])\n"
    found, gaps = _scan(tmp_path, {"app/clients.py": clients, "app/a.py": named, "app/b.py": module})
    assert ("app/a.py", 2, "api:deepseek/deepseek-chat") in found
    assert ("app/b.py", 2, "api:deepseek/deepseek-chat") in found
    assert not [gap for gap in gaps if gap.reason is GapReason.UNBOUND]


def test_a_client_of_an_unknown_module_stays_unbound(tmp_path: Path) -> None:
    found, gaps = _scan(
        tmp_path,
        {
            "a.py": "from ourlib import client\nclient.chat.completions.create(model='deepseek-chat', messages=[])\n"
        },
    )
    assert ("a.py", 2, "api:?/deepseek-chat") in found or any("deepseek-chat" in target for _, _, target in found)
    assert not any("api:openai" in target for _, _, target in found)
    assert [gap.reason for gap in gaps] == [GapReason.UNBOUND]


def test_loops_over_known_elements_leave_no_gap(tmp_path: Path) -> None:
    text = """from transformers import pipeline
ORDINARY = ["someone/thing-one", "someone/thing-two"]
SIZED = {"someone/thing-three": 3}
for name in ORDINARY:
    ask = pipeline("text-generation", model=name)
for index, name in enumerate(sorted(ORDINARY)):
    pipeline(model=name)
for name, size in SIZED.items():
    pipeline(model=name)
for name, size in [("someone/thing-four", 1)]:
    pipeline(model=name)
everything = [pipeline(model=each) for each in ("someone/thing-five",)]
"""
    found, gaps = _scan(tmp_path, {"a.py": text})
    assert {target for _, _, target in found} == {
        f"hf:someone/thing-{word}" for word in ("one", "two", "three", "four", "five")
    }
    assert not gaps


def test_a_loop_over_what_is_read_at_run_time_is_a_gap(tmp_path: Path) -> None:
    text = "from transformers import pipeline\nfor name in open('x').read().split():\n    pipeline(model=name)\n"
    _, gaps = _scan(tmp_path, {"a.py": text})
    assert [gap.reason for gap in gaps] == [GapReason.DYNAMIC]


def test_a_model_on_record_is_one_without_any_context(tmp_path: Path) -> None:
    found, _ = _scan(
        tmp_path, {"a.py": 'X = f(["LLM360/CrystalChat"], ["LLM360/NoSuchThing"], ["Qwen/Qwen3-8B"])\n'}
    )
    assert {target for _, _, target in found} == {"hf:LLM360/CrystalChat", "hf:Qwen/Qwen3-8B"}


def test_a_truncated_notebook_gives_what_stands_before_and_a_gap(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "source": ["from transformers import pipeline\n", "pipeline(model='Qwen/Qwen3-8B')\n"],
    }
    whole = json.dumps({"cells": [cell, cell], "nbformat": 4})
    found, gaps = _scan(tmp_path, {"whole.ipynb": whole, "broken.ipynb": whole[: len(whole) // 2 + 20]})
    assert {path for path, _, _ in found} == {"whole.ipynb", "broken.ipynb"}
    assert [(gap.path, gap.reason) for gap in gaps] == [("broken.ipynb", GapReason.UNPARSABLE)]
