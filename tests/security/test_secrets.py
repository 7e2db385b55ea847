"""No token, and no path of the machine, in any format of report: format by place, and what errors say."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from aicheck.report import FORMATS
from tests.security.command import Ran, aicheck

USER = "secret-user-of-this-machine"
LOAD = "from transformers import AutoModel\n"


def _token(kind: str, number: int) -> str:
    body = f"aB3dE5gH7jK9mN1pQ2rS4tU6vW8xZ{number:02}q"
    return {
        "hf": f"hf_{body}",
        "sk": f"sk-proj-{body}",
        "gh": f"ghp_{body}",
        "gl": f"glpat-{body}",
        "plain": f"pw{body}",
    }[kind]


def _places() -> dict[str, tuple[str, str, str]]:
    """Place: the file, its text, the secret in it. A model stands beside most, so that the line is shown."""
    rows = [
        ("remote", ".git/config", "gl", '[remote "origin"]\n url = https://oauth2:{0}@git.example.com/a/b.git\n'),
        ("remote without a user", ".git/modules/a/config", "gh", '[remote "origin"]\n url = https://{0}@github.com/a/b\n'),
        ("git's header", ".git/config.worktree", "plain", "[http]\n extraheader = AUTHORIZATION: basic {0}\n"),
        ("environment file", ".env", "sk", "MODEL_ID=Qwen/Qwen3-8B\nOPENAI_API_KEY={0}\nOPENAI_MODEL=gpt-4o\n"),
        ("environment file, one line", "b/.env", "plain", "MODEL_ID=Qwen/Qwen3-8B # DB_PASSWORD={0}1\n"),
        ("argument in code", "a.py", "hf", LOAD + 'AutoModel.from_pretrained("Qwen/Qwen3-8B", token="{0}")\n'),
        ("positional argument", "a2.py", "hf", LOAD + 'load(AutoModel.from_pretrained("Qwen/Qwen3-8B"), "{0}")\n'),
        ("comment in code", "b.py", "gh", LOAD + 'AutoModel.from_pretrained("Qwen/Qwen3-8B")  # {0}\n'),
        ("name of a model", "c.py", "sk", LOAD + 'AutoModel.from_pretrained("{0}")\n'),
        ("address of a client", "d.py", "plain", 'from openai import OpenAI\nc = OpenAI(base_url="https://me:{0}@api.openai.com/v1")\nc.chat.completions.create(model="gpt-4o")\n'),
        ("address with a query", "e.py", "plain", LOAD + 'AutoModel.from_pretrained("https://huggingface.co/Qwen/Qwen3-8B?token={0}")\n'),
        ("address of a repository", "f.yaml", "hf", "url: https://user:{0}@huggingface.co/Qwen/Qwen3-8B\n"),
        ("flag", "a.sh", "sk", "vllm serve Qwen/Qwen3-8B --api-key {0}\n"),
        ("flag with a plain value", "a2.sh", "plain", "vllm serve Qwen/Qwen3-8B --api-key={0}\n"),
        ("variable before a command", "b.sh", "hf", "HF_TOKEN={0} vllm serve Qwen/Qwen3-8B\n"),
        ("header of a request", "c.sh", "plain", 'curl -H "Authorization: Bearer {0}" -d \'{{"model":"gpt-4o"}}\' https://api.openai.com/v1/chat/completions\n'),
        ("basic authentication", "d.sh", "plain", "curl https://me:{0}@huggingface.co/Qwen/Qwen3-8B/resolve/main/model.safetensors\n"),
        ("image", "Dockerfile", "hf", "FROM vllm/vllm-openai\nENV HF_TOKEN={0} MODEL=Qwen/Qwen3-8B\n"),
        ("deployment", "k.yaml", "hf", 'args: ["--model", "Qwen/Qwen3-8B", "--hf-token", "{0}"]\n'),
        ("mapping on one line", "l.yaml", "plain", 'llm: {{model: gpt-4o, api_key: "{0}", provider: openai}}\n'),
        ("JSON on one line", "m.json", "plain", '{{"model":"gpt-4o","provider":"openai","api_key":"{0}"}}\n'),
        ("tool server: argument", "mcp.json", "gh", '{{"mcpServers":{{"a":{{"command":"npx","args":["-y","@a/b","--token","{0}"]}}}}}}'),
        ("tool server: environment", "x/mcp.json", "plain", '{{"mcpServers":{{"a":{{"command":"npx","args":["-y","@a/b"],"env":{{"API_KEY":"{0}"}}}}}}}}'),
        ("tool server: address", "y/mcp.json", "plain", '{{"mcpServers":{{"a":{{"url":"https://me:{0}@mcp.example.com/sse"}}}}}}'),
        ("tool server: query", "z/mcp.json", "plain", '{{"mcpServers":{{"a":{{"url":"https://mcp.example.com/sse?key={0}","headers":{{"Authorization":"Bearer {0}"}}}}}}}}'),
        ("package index", "requirements.txt", "plain", "--extra-index-url https://me:{0}@pypi.example.com/simple\ntorch==2.0\n"),
        ("requirement from git", "r/requirements.txt", "gh", "transformers @ git+https://{0}@github.com/huggingface/transformers\n"),
        ("requirement from an address", "s/requirements.txt", "plain", "git+https://me:{0}@github.com/huggingface/transformers.git\n"),
        ("npm from git", "package.json", "gh", '{{"dependencies":{{"openai":"git+https://{0}@github.com/openai/openai-node"}}}}'),
        ("npm's lock", "package-lock.json", "plain", '{{"lockfileVersion":3,"packages":{{"node_modules/openai":{{"version":"1.0.0","resolved":"https://me:{0}@npm.example.com/openai.tgz"}}}}}}'),
        ("submodule", ".gitmodules", "hf", '[submodule "q"]\n path = q\n url = https://me:{0}@huggingface.co/Qwen/Qwen3-8B\n'),
        ("notebook", "n.ipynb", "hf", json.dumps({"cells": [{"cell_type": "code", "source": [LOAD, 'AutoModel.from_pretrained("Qwen/Qwen3-8B", token="@")\n']}]}).replace("{", "{{").replace("}", "}}").replace("@", "{0}")),
        ("settings of a model", "config.json", "hf", '{{"model_type":"llama","_name_or_path":"https://me:{0}@huggingface.co/Qwen/Qwen3-8B"}}'),
        ("broken card", "README.md", "hf", "---\nbase_model: [Qwen/Qwen3-8B, {0}\n---\n"),
        ("broken YAML", "broken.yaml", "hf", 'model: "gpt-4o"\ntoken: "{0}\n  - x: [\n'),
        ("broken JSON", "broken.json", "hf", '{{"model": "gpt-4o", "token": {0}}}'),
        ("broken TOML", "broken.toml", "hf", 'model = "gpt-4o"\ntoken = {0}\n'),
        ("broken manifest", "pyproject.toml", "hf", '[project]\ndependencies = ["torch", {0}]\n'),
        ("name made at run time", "o.py", "hf", LOAD + 'AutoModel.from_pretrained(fetch("{0}"))\n'),
        ("default of a variable", "p.py", "sk", 'import os\nfrom openai import OpenAI\nOpenAI(api_key=os.getenv("K", "{0}")).chat.completions.create(model="gpt-4o")\n'),
    ]  # fmt: skip
    found = {}
    for number, (place, name, kind, text) in enumerate(rows):
        secret = _token(kind, number)
        found[place] = (name, text.format(secret), secret)
    return found


PLACES = _places()
ENVIRONMENT = {"HF_TOKEN": _token("hf", 90), "OPENAI_API_KEY": _token("sk", 91), "GITHUB_TOKEN": _token("gh", 92)}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """One scan of everything, in a home of that user, written in every format and told in full."""
    home = tmp_path_factory.mktemp("machine") / USER
    tree = home / "checkout"
    for name, text, _ in PLACES.values():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tree / ".git/objects").mkdir()
    (tree / ".git/refs").mkdir()
    policy = home / "policy.yaml"
    policy.write_text("version: 1\nname: mine\nsummary: A policy of one's own.\nextends: strict\n")
    outputs = [part for fmt in FORMATS for part in ("-o", f"{fmt}=out/{fmt}")]
    (home / "out").mkdir()
    env = {"USER": USER, "LOGNAME": USER, "AICHECK_DEBUG": "1", **ENVIRONMENT}
    ran = aicheck(
        "scan", tree, "--offline", "--include-docs", "--policy", policy, "-v", *outputs, cwd=home, env=env
    )
    return home / "out", ran


def _plain(data: bytes) -> str:
    """What a report says, with what it wraps in base64."""
    text = data.decode()
    try:
        payload = json.loads(text)["payload"]
    except (ValueError, KeyError, TypeError):
        return text
    return text + base64.b64decode(payload).decode()


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_secret_of_the_tree(fmt: str, scanned: tuple[Path, Ran]) -> None:
    text = _plain((scanned[0] / fmt).read_bytes())
    assert len(text) > 100
    assert [place for place, (_, _, secret) in PLACES.items() if secret[-20:] in text] == []


def test_no_secret_on_the_terminal(scanned: tuple[Path, Ran]) -> None:
    told = scanned[1].out.decode() + scanned[1].err
    assert [place for place, (_, _, secret) in PLACES.items() if secret[-20:] in told] == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_of_the_machine(fmt: str, scanned: tuple[Path, Ran]) -> None:
    text = _plain((scanned[0] / fmt).read_bytes())
    assert USER not in text
    assert [name for name, secret in ENVIRONMENT.items() if secret[-20:] in text] == []


def test_the_scan_saw_the_lines(scanned: tuple[Path, Ran]) -> None:
    """The test above would pass on a scan that sees nothing."""
    report = json.loads((scanned[0] / "json").read_bytes())
    seen = {reference["path"] for reference in report["references"]} | {gap.get("path") for gap in report["gaps"]}
    missing = {name for name, _, _ in PLACES.values() if not name.startswith(".git/")} - seen
    assert missing <= {"c.py"}, missing  # where the token is the name


SECRET = "pwZq99aB3dE5gH7jK9mN1pQ2rS4tU6"
ERRORS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "address of the Hub with a password": (("scan", "tree"), {"HF_ENDPOINT": f"https://me:{SECRET}@hub.example.com"}),
    "settings": (("scan", "tree", "--config", "settings.toml"), {}),
    "policy": (("scan", "tree", "--policy", "policy.yaml"), {}),
    "lock": (("scan", "tree", "--locked"), {}),
    "bill of materials": (("scan", "tree", "--sbom", "bom.json"), {}),
    "argument of show": (("show", f"https://me:{SECRET}@huggingface.co/Qwen/Qwen3-8B", "--offline"), {}),
    "repository of a fleet": (("fleet", "scan", f"https://me:{SECRET}@git.example.com/a/b", "-o", "estate"), {}),
    "server of bills": (("bom", "push", "bom.json", "--url", f"https://me:{SECRET}@dt.example.com"), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_tell_no_secret(kind: str, tmp_path: Path) -> None:
    arguments, env = ERRORS[kind]
    home = tmp_path / USER
    (home / "tree").mkdir(parents=True)
    (home / "tree/a.py").write_text(PLACES["argument in code"][1])
    (home / "tree/aicheck.lock").write_text(f'{{"version": 1, "token": "{SECRET}"')
    (home / "settings.toml").write_text(
        f'policy = "baseline"\ntoken = "{SECRET}"\n[hub]\nendpoint = "https://me:{SECRET}@h"\n'
    )
    (home / "policy.yaml").write_text(f"version: 1\nname: a\nsummary: b\napi_key: {SECRET}\n")
    (home / "bom.json").write_text(f'{{"bomFormat": "CycloneDX", "token": "{SECRET}"')
    ran = aicheck(*arguments, cwd=home, env={"AICHECK_DEBUG": "1", "AICHECK_OFFLINE": "1", **env})
    assert SECRET not in ran.out.decode() + ran.err, ran.err
    assert "Traceback" not in ran.err
    assert os.fspath(tmp_path) not in ran.out.decode()
