"""Values on the command line of Helm."""

from __future__ import annotations

import pytest

from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree

CASES = {
    "--set model.name=Qwen/Qwen2.5-7B-Instruct": {"hf:Qwen/Qwen2.5-7B-Instruct"},
    "--set-string modelId=google/gemma-2-2b-it,replicas=1": {"hf:google/gemma-2-2b-it"},
    '--set "engine.modelSpec[0].modelURL=facebook/opt-125m"': {"hf:facebook/opt-125m"},
    "--set=modelArtifacts.uri=hf://facebook/opt-350m": {"hf:facebook/opt-350m"},
    "--set env[0].name=MODEL_ID --set env[0].value=BAAI/bge-small-en": {"hf:BAAI/bge-small-en"},
    "--set 'ollama.models.pull={llama3.2:1b,mistral}'": {"ollama:llama3.2:1b", "ollama:mistral"},
    "--set image.repository=lab/image --set env[0].name=PORT --set env[0].value=BAAI/8000": set(),
    "--set a=b,c=d,e={f,g}": set(),
}


@pytest.mark.parametrize("options", CASES)
def test_set(options: str) -> None:
    text = f"helm upgrade --install x ./chart {options}\n"
    found = {str(r.target) for r in discover(MemoryTree({"i.sh": text.encode()}), DiscoverSettings()).references}
    assert found == CASES[options]


def test_lists_of_the_chart_of_ollama() -> None:
    text = b"ollama:\n  models:\n    pull:\n      - mistral\n    run:\n      - phi3\njobs:\n  models:\n    run:\n      - mistral\n"
    found = {str(r.target) for r in discover(MemoryTree({"values.yaml": text}), DiscoverSettings()).references}
    assert found == {"ollama:mistral", "ollama:phi3"}
