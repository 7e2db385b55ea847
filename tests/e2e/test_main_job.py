"""The real command on real input: the shipped example, and everything that can be wrong with what it is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rag-service"
HOME = tempfile.TemporaryDirectory(prefix="aicheck-home-")


def aicheck(*arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"", **environ: str) -> Any:
    """Run the command as a user does; returns code, out and err."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": HOME.name,
        "SOURCE_DATE_EPOCH": "1790000000",
        "HF_ENDPOINT": "http://127.0.0.1:9",
        **environ,
    }
    done = subprocess.run(
        [sys.executable, "-m", "aicheck", *map(str, arguments)],
        cwd=cwd or ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"internal error" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    code, out, err = aicheck("scan", EXAMPLE, "--offline", "-f", "json")
    assert code in {0, 1, 3}, err
    return json.loads(out)


def test_the_example_names_its_models(report: dict[str, Any]) -> None:
    targets = {reference["target"] for reference in report["references"]}
    assert {
        "hf:Qwen/Qwen2.5-7B-Instruct",
        "hf:deepseek-ai/DeepSeek-R1",
        "hf:moonshotai/Kimi-K2-Instruct",
        "hf:MiniMaxAI/MiniMax-M1-80k",
        "hf:zai-org/GLM-4.5-Air",
        "hf:nvidia/OpenReasoning-Nemotron-7B",
        "hf:perplexity-ai/r1-1776",
        "hf:simplescaling/s1-32B",
        "hf:sentence-transformers/all-MiniLM-L6-v2",
        "hf-dataset:simplescaling/s1K",
        "api:openrouter/moonshotai/kimi-k2",
        "api:deepseek/deepseek-reasoner",
        "api:openai/gpt-4o-mini",
        "api:google/gemini-2.5-flash",
        "ollama:qwen3:8b",
        "file:models/support-classifier.Q4_K_M.gguf",
        "mcp:tickets",
        "pkg:pypi/transformers@4.48.0",
        "pkg:npm/ai@4.1.16",
    } <= targets


def test_a_reference_says_where_and_what(report: dict[str, Any]) -> None:
    (found,) = [
        reference
        for reference in report["references"]
        if reference["target"] == "hf:Qwen/Qwen2.5-7B-Instruct" and reference["path"].startswith("deploy/")
    ]
    assert {key: found[key] for key in ("path", "line", "column", "raw", "kind", "use")} == {
        "path": "deploy/k8s/generator.yaml",
        "line": 18,
        "column": 15,
        "raw": "Qwen/Qwen2.5-7B-Instruct",
        "kind": "model",
        "use": "deploy",
    }
    assert found["attributes"]["revision"] == "a09a35458c702b33eeacc393d103063234e8bc28"
    assert 0 < found["confidence"] <= 1
    assert found["detector"]


def component(report: dict[str, Any], target: str) -> dict[str, Any]:
    (found,) = [each for each in report["components"] if each["target"] == target]
    return found


def test_a_fine_tune_whose_name_hides_it(report: dict[str, Any]) -> None:
    found = component(report, "hf:nvidia/OpenReasoning-Nemotron-7B")
    assert found["developer"]["country"] == "US"
    assert found["lineage"]["root_countries"] == ["CN"]
    assert any(each["id"].startswith("Qwen/Qwen2.5") for each in found["lineage"]["ancestors"])
    found = component(report, "hf:perplexity-ai/r1-1776")
    assert found["developer"]["country"] == "US"
    assert "deepseek-ai/DeepSeek-R1" in {each["id"] for each in found["lineage"]["ancestors"]}
    assert found["claims"]["license"], "every fact has its claims beside it"


def test_hosted_models_are_bound_to_who_runs_them(report: dict[str, Any]) -> None:
    found = component(report, "api:openrouter/moonshotai/kimi-k2")
    assert found["hosting"]["router"] is True
    assert found["developer"]["country"] == "CN"
    found = component(report, "api:deepseek/deepseek-reasoner")
    assert found["hosting"]["operator_country"] == "CN"


def test_what_no_file_says_is_a_gap(report: dict[str, Any]) -> None:
    gaps = [gap for gap in report["gaps"] if gap["path"] == "app/generation.py" and gap["reason"] == "dynamic"]
    assert len(gaps) == 1
    assert gaps[0]["line"] == 46


def test_policy_tool_and_verdict_are_named(report: dict[str, Any]) -> None:
    assert report["policy"]["name"] == "baseline"
    assert len(report["policy"]["sha256"]) == 64
    assert report["tool"]["name"] == "aicheck"
    assert report["verdict"] in {"pass", "fail", "inconclusive"}


def test_the_report_keeps_its_published_schema(report: dict[str, Any]) -> None:
    import jsonschema_rs

    schema = json.loads((ROOT / "schemas" / "report.schema.json").read_text())
    jsonschema_rs.validator_for(schema).validate(report)


def test_the_same_input_and_clock_give_the_same_bytes() -> None:
    first = aicheck("scan", EXAMPLE, "--offline", "-f", "cyclonedx", "-q")
    assert first == aicheck("scan", EXAMPLE, "--offline", "-f", "cyclonedx", "-q")


def test_outputs_are_written_and_valid(tmp_path: Path) -> None:
    bom = tmp_path / "bom.cdx.json"
    code, out, err = aicheck(
        "scan", EXAMPLE, "--offline", "-o", f"cyclonedx={bom}", "-o", f"sarif={tmp_path / 's'}"
    )
    assert code in {0, 1, 3}, err
    assert out
    assert aicheck("bom", "validate", bom)[0] == 0
    assert json.loads((tmp_path / "s").read_text())["version"] == "2.1.0"


def test_discover_only_needs_no_policy(tmp_path: Path) -> None:
    (tmp_path / "aicheck.toml").write_text('policy = "nowhere.yaml"\n')
    (tmp_path / "a.py").write_text('from transformers import pipeline\npipeline(model="Qwen/Qwen3-8B")\n')
    code, out, _ = aicheck("scan", tmp_path, "--discover-only", "-f", "json")
    document = json.loads(out)
    assert code == 0
    assert document["verdict"] is None
    assert [each["target"] for each in document["references"]] == ["hf:Qwen/Qwen3-8B"]


@pytest.mark.parametrize("policy", ["strict", "us-dod-contractor"])
def test_strict_packs_fail_the_example(policy: str) -> None:
    code, out, _ = aicheck("scan", EXAMPLE, "--offline", "--policy", policy)
    assert code == 1
    assert b"error[" in out


def test_standard_input() -> None:
    source = b'from transformers import pipeline\npipeline(model="Qwen/Qwen3-8B")\n'
    code, out, _ = aicheck("scan", "-", "--stdin-name", "x.py", "--discover-only", "-f", "json", stdin=source)
    assert code == 0
    assert [each["line"] for each in json.loads(out)["references"]] == [2]


# -- bad input: a clear message, the right exit code, and the rest of the scan goes on ---------------------------


def test_no_such_path() -> None:
    code, _, err = aicheck("scan", "nowhere")
    assert code == 2
    assert "nowhere: no such file or directory" in err


def test_an_empty_tree(tmp_path: Path) -> None:
    code, out, _ = aicheck("scan", tmp_path, "--offline")
    assert code == 0
    assert b"PASS" in out


def test_a_policy_with_an_unknown_key(tmp_path: Path) -> None:
    policy = tmp_path / "p.yaml"
    policy.write_text("version: 1\nname: x\nrules:\n  origin-alowed:\n    level: error\n")
    code, _, err = aicheck("scan", EXAMPLE, "--offline", "--policy", policy)
    assert code == 2
    assert "p.yaml:4:3" in err
    assert "origin-allowed" in err


def test_broken_files_become_gaps_and_the_rest_is_found(tmp_path: Path) -> None:
    model = "Qwen/Qwen3-8B"
    files: dict[str, bytes] = {
        "good.py": f'from transformers import pipeline\npipeline(model="{model}")\n'.encode(),
        "broken.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": [f'pipeline(model="{model}")']}]})[
            :-4
        ].encode(),
        "pyproject.toml": b"[project\nname = 'x'\n",
        "package.json": b'{"dependencies": {',
        "binary.py": b"\x00\x01\x02" * 100,
        "latin.py": 'name = "caf\u00e9"\nmodel = "Qwen/Qwen3-8B"\n'.encode("latin-1"),
        "wide.py": f'model = "{model}"\n'.encode("utf-16"),
        "truncated.gguf": b"GGUF\x03\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
        "liar.safetensors": b"\xff\xff\xff\xff\xff\xff\xff\x7f{}",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    code, out, _ = aicheck("scan", tmp_path, "--offline", "-f", "json", "--policy", "baseline")
    document = json.loads(out)
    assert code in {0, 3}
    found = {each["path"] for each in document["references"] if each["target"] == f"hf:{model}"}
    assert {"good.py", "latin.py"} <= found
    paths = {gap["path"] for gap in document["gaps"]}
    assert {"broken.ipynb", "pyproject.toml", "package.json", "truncated.gguf", "liar.safetensors"} <= paths


def test_wrong_outputs_and_formats() -> None:
    for arguments, message in (
        (("-o", "sarif"), "FORMAT=FILE"),
        (("-o", "sarfi=x"), "did you mean 'sarif'"),
        (("-f", "pdf"), "format"),
        (("-o", "json=/dev/null/all.json"), "cannot write"),
    ):
        code, _, err = aicheck("scan", EXAMPLE, "--offline", *arguments)
        assert code == 2, arguments
        assert message in err, err


def test_help_and_version() -> None:
    import aicheck as package

    assert aicheck("--version")[1].decode().split() == ["aicheck", package.__version__]
    code, out, _ = aicheck("--help")
    assert code == 0
    assert b"scan" in out
    code, _, err = aicheck("scna")
    assert code == 2
    assert "Did you mean 'scan'" in err
