"""Command lines: what names a model, where it stands, and what only looks like it."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.discover.commandline import Argument, read_command


def named(text: object) -> list[tuple[str, str]]:
    return [(a.value, a.role) for a in read_command(text)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vllm serve Qwen/Qwen3-8B --port 8000", [("Qwen/Qwen3-8B", "model")]),
        ('python -m vllm.entrypoints.openai.api_server --model="Qwen/Qwen3-8B"', [("Qwen/Qwen3-8B", "model")]),
        ("vllm serve a/b --served-model-name gpt-4o", [("a/b", "model")]),
        (
            "vllm serve a/b --lora-modules x=org/one y=org/two",
            [("a/b", "model"), ("org/one", "adapter"), ("org/two", "adapter")],
        ),
        (
            "PROCESSOR=gpt-4o-mini lm_eval --model vllm --model_args pretrained=Qwen/A,tokenizer=Qwen/B,dtype=float32",
            [("gpt-4o-mini", "tokenizer"), ("Qwen/A", "model"), ("Qwen/B", "tokenizer")],
        ),
        ("hf download --repo-type dataset foo/bar", [("foo/bar", "dataset")]),
        ("huggingface-cli download --local-dir /x foo/bar", [("foo/bar", "model")]),
        ("ollama pull qwen2:0.5b && ollama run gemma3", [("qwen2:0.5b", "ollama"), ("gemma3", "ollama")]),
        ('bash -c "ollama serve & sleep 5; ollama pull llama3:8b"', [("llama3:8b", "ollama")]),
        (
            "llama-server -hf org/x-GGUF -m /models/x.gguf",
            [("org/x-GGUF", "model"), ("/models/x.gguf", "weights")],
        ),
        ("python train.py --base_model ${BASE:-Qwen/Q} --output_dir out/Qwen", [("Qwen/Q", "model")]),
        ("python main.py trainer.model.path=Qwen/x trainer.output_dir=a/b", [("Qwen/x", "model")]),
        ("whisper a.mp3 --model small", [("small", "whisper")]),
        ("docker run --name whisper -m 8g img:1", [("img:1", "image")]),
        (
            "docker run -e HF_MODEL=org/m ghcr.io/huggingface/text-generation-inference:2 --model-id a/b",
            [("org/m", "model"), ("ghcr.io/huggingface/text-generation-inference:2", "image"), ("a/b", "model")],
        ),
        ("vllm serve \\\n  --tokenizer a/t \\\n  Qwen/Q", [("a/t", "tokenizer"), ("Qwen/Q", "model")]),
        ("python x.py -m gpt", []),
        ("echo done > vllm", []),
        (["vllm", "serve", None, "--tokenizer", "a/b"], [("a/b", "tokenizer")]),
        (["sh", "-c", "ollama pull x:1b"], [("x:1b", "ollama")]),
        (["--model", "Qwen/x", "--port", "80"], [("Qwen/x", "model")]),
    ],
)
def test_values(text: object, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


def test_what_the_command_says_besides() -> None:
    text = "vllm serve a/b --revision 0a1b --trust-remote-code --served-model-name mine"
    (argument,) = read_command(text)
    assert argument.sure
    assert argument.program == "vllm serve"
    assert dict(argument.attributes) == {"revision": "0a1b", "trust_remote_code": "true", "deployment": "mine"}


def test_token_is_never_an_attribute() -> None:
    assert all("hf_secret" not in str(a) for a in read_command("hf download a/b --token hf_secret"))


def test_download_names_its_file() -> None:
    (argument,) = read_command("hf download a/b model.gguf --revision r1")
    assert dict(argument.attributes) == {"filename": "model.gguf", "revision": "r1"}


def test_comments_are_told() -> None:
    comment, real = read_command("# vllm serve old/model\nvllm serve new/model")
    assert (comment.role, real.value) == ("comment", "new/model")


def test_default_of_a_variable_is_said() -> None:
    (argument,) = read_command("vllm serve ${MODEL:-Qwen/Q}")
    assert argument.default
    assert argument.value == "Qwen/Q"


def _places(text: str) -> list[Argument]:
    return [a for a in read_command(text) if text[a.start : a.end] != a.value]


@pytest.mark.parametrize(
    "text",
    [
        'vllm serve "Qwen/Q"',
        "a=1 vllm serve 'Qwen/Q' --tokenizer=\"x/y\"",
        'bash -c "vllm serve Qwen/Q"',
        "ollama pull a; ollama pull b",
    ],
)
def test_places_are_true(text: str) -> None:
    assert list(read_command(text))
    assert not _places(text)


@given(st.text(alphabet="ab/ '\"\\$`{}()=;&|<>#\n-:", max_size=80))
def test_any_text_is_read(noise: str) -> None:
    """Hostile text neither raises nor hides a command on a later line once quotes are closed."""
    list(read_command(noise))
    list(read_command(["vllm", "serve", noise]))


@given(st.sampled_from(["Qwen/Qwen3-8B", "a/b.c-d"]), st.sampled_from([" ", "  ", " \\\n  ", "\t"]))
def test_spacing_does_not_matter(model: str, space: str) -> None:
    assert (model, "model") in named(space.join(["vllm", "serve", model, "--port", "1"]))


def _steps(text: str) -> int:
    """Lines of Python that reading the text takes: a clock would tell how busy the machine is."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    held = sys.gettrace()
    sys.settrace(trace)
    try:
        list(read_command(text))
    finally:
        sys.settrace(held)
    return count


@pytest.mark.parametrize("unit", ["${", "a'b'", "$(", '"', "\\", "vllm serve ", "#\n", "a=b,"])
def test_work_is_linear(unit: str) -> None:
    few, many = _steps(unit * 300), _steps(unit * 1200)
    assert many < 5 * few + 1000
