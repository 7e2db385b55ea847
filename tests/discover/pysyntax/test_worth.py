"""Hits that cannot name anything are passed over, and no others."""

from __future__ import annotations

import pytest

from aicheck.discover.detector import Hit
from aicheck.discover.pysyntax.worth import worth


def _hit(needle: str, text: str) -> tuple[Hit, bytes]:
    at = text.lower().index(needle)
    return Hit(needle.encode(), at, at + len(needle)), text.encode()


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("llm(", "class TrOCRForCausalLM(TrOCRPreTrainedModel):\n"),
        ("from_pretrained(", "def from_pretrained(cls, name):\n"),
        ("openai(", "client = make_openai(x)\n"),
        ("get_tokenizer(", "tokenizer = renderer.get_tokenizer()\n"),
        (".qwen2", "from ..qwen2.modeling_qwen2 import Qwen2MLP\n"),
        (".qwen2", "x = self.qwen2.layers\n"),
        ('"glm', '__all__ = ["Glm4MoeConfig"]\n'),
        ('"mistral', 'raise ValueError("Mistral does not support that")\n'),
        ('"qwen', 'model_type = "qwen2"\nx = 1\n'),
        ('"qwen', 'if config.model_type == "qwen2":\n    pass\n'),
        ("wav2vec2_", "self.wav2vec2_conformer.freeze()\n"),
    ],
)
def test_passed_over(needle: str, text: str) -> None:
    assert not worth(*_hit(needle, text))


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("llm(", "x = LLM(name)\n"),
        ("get_tokenizer(", "x = get_tokenizer(\n    name)\n"),
        ("from_pretrained(", "AutoModel.from_pretrained(name)\n"),
        (".gpt_", "x = ModelType.GPT_4O\n"),
        ("wav2vec2_", "torchaudio.pipelines.WAV2VEC2_ASR_BASE_960H\n"),
        ('"qwen', 'model = "qwen2.5-72b"\nx = 1\n'),
        ('"qwen', 'load(\n    kind="qwen2"\n)\n'),
        ('"qwen', 'x = ["qwen2", "b"]\n'),
        ('"qwen', 'run("qwen-agent --model x/y")\n'),
        ('"qwen', 'x = f"qwen{size}-7b"\n'),
        ('"qwen', '"qwen/a, qwen/b"\n'),
        ('"model-', 'x = "model-"\n'),
        ("modelinfo(", 'EmbedModelInfo("a/b")\n'),
    ],
)
def test_kept(needle: str, text: str) -> None:
    assert worth(*_hit(needle, text))
