"""Agents and tools: MCP servers, and the models that coding agents are set to."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.reference import Reference, Use
from aicheck.core.target import HostedModel, HubModel, RegistryModel, Target, ToolServer
from aicheck.discover import jsonc
from aicheck.discover.detector import Hit
from aicheck.discover.detectors import agents_mcp, agents_models
from aicheck.discover.gate import Gate
from aicheck.discover.prefilter import naive_hits
from aicheck.discover.source import SourceFile
from aicheck.errors import SourceError

ALL = (*agents_mcp.DETECTORS, agents_models.DETECTOR)
GATE = Gate(ALL)


def detect(path: str, text: str | object) -> list[Reference]:
    data = (text if isinstance(text, str) else json.dumps(text, indent=2)).encode()
    found: dict[tuple[str, int], Reference] = {}
    mask = GATE.mask(path)
    for index, detector in enumerate(ALL):
        hits: list[Hit] = list(naive_hits(detector, data))
        if mask >> index & 1 and hits:
            for item in detector.detect(SourceFile(path, data), hits):
                assert isinstance(item, Reference)
                found.setdefault((str(item.target), item.occurrence.line), item)
    return list(found.values())


def servers(path: str, text: str | object) -> dict[str, str]:
    return {
        item.target.name: item.target.location
        for item in detect(path, text)
        if isinstance(item.target, ToolServer)
    }


MCP = {
    "mcpServers": {
        "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@1.2.3", "/x"]},
        "latest": {"command": "npx", "args": ["-y", "@playwright/mcp@latest"]},
        "git": {"command": "uvx", "args": ["mcp-server-git==0.6.2"], "env": {"TOKEN": "sk-secret-value"}},
        "from": {"command": "uvx", "args": ["--from", "git+https://github.com/a/b@main", "tool"]},
        "box": {
            "command": "docker",
            "args": ["run", "-i", "--rm", "-e", "K", "ghcr.io/github/github-mcp-server:v0.5"],
        },
        "far": {"type": "http", "url": "https://user:pw@mcp.example.com/sse?key=secret"},
        "bridge": {"command": "npx", "args": ["mcp-remote", "https://mcp.linear.app/sse"]},
        "own": {"command": "python", "args": ["tools/server.py"], "disabled": True},
        "win": {"command": "cmd", "args": ["/c", "npx", "-y", "tavily-mcp@0.1.4"]},
    }
}


@pytest.mark.parametrize(
    "path", [".mcp.json", "mcp.json", ".cursor/mcp.json", "x/claude_desktop_config.json", ".gemini/settings.json"]
)
def test_mcp_servers_of_every_client(path: str) -> None:
    assert servers(path, MCP) == {
        "files": "pkg:npm/%40modelcontextprotocol/server-filesystem@1.2.3",
        "latest": "pkg:npm/%40playwright/mcp",
        "git": "pkg:pypi/mcp-server-git@0.6.2",
        "from": "git+https://github.com/a/b@main",
        "box": "docker:ghcr.io/github/github-mcp-server:v0.5",
        "far": "https://mcp.example.com/sse",
        "bridge": "https://mcp.linear.app/sse",
        "own": "python tools/server.py",
        "win": "pkg:npm/tavily-mcp@0.1.4",
    }


def test_mcp_facts_say_pins_and_remotes_and_no_secret() -> None:
    found = {item.target.name: item for item in detect(".mcp.json", MCP) if isinstance(item.target, ToolServer)}
    facts = {name: (item.attribute("pinned"), item.attribute("remote")) for name, item in found.items()}
    assert facts == {
        "files": ("true", "false"), "latest": ("false", "false"), "git": ("true", "false"), "from": ("false", "false"),
        "box": ("false", "false"), "far": (None, "true"), "bridge": (None, "true"), "own": (None, "false"),
        "win": ("true", "false"),
    }  # fmt: skip
    assert found["git"].attribute("api_key_env") == "TOKEN"
    assert found["own"].attribute("disabled") == "true"
    assert found["files"].occurrence.line == 3
    assert "secret" not in repr([item.attributes for item in found.values()])


def test_other_shapes() -> None:
    assert servers(".vscode/mcp.json", '{\n// c\n"servers": {"a": {"command": "npx", "args": ["x-mcp"],},}}') == {
        "a": "pkg:npm/x-mcp"
    }
    assert servers(".codex/config.toml", '[mcp_servers.a]\ncommand = "uvx"\nargs = ["x-mcp"]\n') == {
        "a": "pkg:pypi/x-mcp"
    }
    assert servers("opencode.json", {"mcp": {"a": {"type": "local", "command": ["bun", "x", "x-mcp@1.0.0"]}}}) == {
        "a": "pkg:npm/x-mcp@1.0.0"
    }
    assert servers(
        ".zed/settings.json", {"context_servers": {"a": {"command": {"path": "npx", "args": ["x-mcp"]}}}}
    ) == {"a": "pkg:npm/x-mcp"}
    nested = {"projects": {"/home/me": {"mcpServers": {"a": {"url": "http://localhost:3000/mcp"}}}}}
    assert servers(".claude.json", nested) == {"a": "http://localhost:3000/mcp"}
    yaml = "mcpServers:\n  - name: a\n    command: npx\n    args: [x-mcp]\n"
    assert servers(".continue/mcpServers/a.yaml", yaml) == {"a": "pkg:npm/x-mcp"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docker/compose.json", {"servers": {"web": {"command": "nginx"}}}),
        ("x.json", {"mcpServers": {}}),
        ("x.json", {"mcpServers": {"a": "b", "c": {"other": 1}}}),
        ("openapi.json", {"servers": [{"url": "https://api.example.com"}]}),
    ],
)
def test_decoys_are_no_servers(path: str, text: object) -> None:
    assert servers(path, text) == {}


def test_sdk_servers() -> None:
    python = 'from mcp.server.fastmcp import FastMCP\nmcp = FastMCP("weather")\n# FastMCP("old")\n'
    found = detect("server.py", python)
    assert [(str(item.target), item.occurrence.line, item.occurrence.use) for item in found] == [
        ("mcp:weather", 2, Use.CONFIG),
        ("mcp:old", 3, Use.COMMENT),
    ]
    assert servers("s.ts", 'const s = new McpServer({\n  name: "demo",\n  version: "1"\n});') == {
        "demo": "source:s.ts"
    }
    assert servers("s.py", "x = FastMCP(name=NAME)") == {}


@pytest.mark.parametrize(
    ("name", "provider", "target"),
    [
        ("anthropic/claude-sonnet-4", None, HostedModel("anthropic", "claude-sonnet-4")),
        ("openrouter/moonshotai/kimi-k2", None, HostedModel("openrouter", "moonshotai/kimi-k2")),
        ("ollama/qwen3:8b", None, RegistryModel("ollama", "qwen3", "8b")),
        ("gemini/gemini-2.5-pro", None, HostedModel("google", "gemini-2.5-pro")),
        ("huggingface/Qwen/Qwen3-8B", None, HubModel("Qwen/Qwen3-8B")),
        ("gpt-4o", None, HostedModel(None, "gpt-4o")),
        ("sonnet", "anthropic", HostedModel("anthropic", "sonnet")),
        ("moonshotai/kimi-k2", "openrouter", HostedModel("openrouter", "moonshotai/kimi-k2")),
    ],
)
def test_binding(name: str, provider: str | None, target: Target) -> None:
    found = agents_models.bind(name, provider)
    assert found is not None
    assert found[0] == target


@pytest.mark.parametrize("name", ["inherit", "default", "", "${MODEL}", "{{ model }}", "<your model>", "auto"])
def test_words_that_name_no_model(name: str) -> None:
    assert agents_models.bind(name, "anthropic") is None


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".claude/agents/a.md", "---\nname: a\nmodel: opus\n---\nmodel: not\n", [("api:anthropic/opus", 3)]),
        (".claude/agents/a.md", "---\nname: a\nmodel: inherit\n---\n", []),
        (".claude/agents/a.md", "# no front matter\nmodel: opus\n", []),
        (".claude/settings.json", {"model": "claude-opus-4-5", "env": {"ANTHROPIC_SMALL_FAST_MODEL": "claude-haiku-4-5"}},
         [("api:anthropic/claude-opus-4-5", 2), ("api:anthropic/claude-haiku-4-5", 4)]),
        (".github/chatmodes/x.chatmode.md", "---\nmodel: GPT-4.1 (copilot)\n---\n", [("api:github-copilot/GPT-4.1", 2)]),
        (".github/prompts/x.prompt.md", "---\nmodel: ['GPT-4.1', 'Claude Sonnet 4']\n---\n",
         [("api:github-copilot/GPT-4.1", 2), ("api:github-copilot/Claude Sonnet 4", 2)]),
        ("opencode.json", {"model": "deepseek/deepseek-chat", "agent": {"b": {"model": "openai/gpt-5"}}},
         [("api:deepseek/deepseek-chat", 2), ("api:openai/gpt-5", 5)]),
        (".codex/config.toml", 'model = "gpt-5-codex"\n[profiles.o]\nmodel = "qwen3:8b"\nmodel_provider = "ollama"\n',
         [("api:openai/gpt-5-codex", 1), ("ollama:qwen3:8b", 3)]),
        (".aider.conf.yml", "model: deepseek/deepseek-chat\nweak-model: gpt-4o-mini # cheap\n",
         [("api:deepseek/deepseek-chat", 1), ("api:openai/gpt-4o-mini", 2)]),
        (".continue/config.yaml",
         "models:\n  - name: A\n    provider: ollama\n    model: qwen2.5-coder:7b\n  - name: B\n    provider: openai\n    model: gpt-4o\n",
         [("ollama:qwen2.5-coder:7b", 4), ("api:openai/gpt-4o", 7)]),
        (".continue/config.json", {"models": [{"provider": "anthropic", "model": "claude-sonnet-4-0"}]},
         [("api:anthropic/claude-sonnet-4-0", 5)]),
        (".gemini/settings.json", {"model": {"name": "gemini-2.5-pro"}}, [("api:google/gemini-2.5-pro", 3)]),
        (".zed/settings.json", {"agent": {"default_model": {"provider": "copilot_chat", "model": "gpt-4o"}}},
         [("api:copilot_chat/gpt-4o", 5)]),
    ],
)  # fmt: skip
def test_agent_settings(path: str, text: object, expected: list[tuple[str, int]]) -> None:
    assert [(str(item.target), item.occurrence.line) for item in detect(path, text)] == expected


def test_a_base_url_gives_the_host() -> None:
    text = (
        'model = "m-1"\nmodel_provider = "x"\n[model_providers.x]\nbase_url = "https://llm.example.com:8443/v1"\n'
    )
    target = detect(".codex/config.toml", text)[0].target
    assert target == HostedModel("x", "m-1", "llm.example.com:8443")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // c\n "b": "// no /* c */", /* x\n */ }', {"a": 1, "b": "// no /* c */"}),
        ("[1, 2, // last\n]", [1, 2]),
        ('\ufeff{"a": "\\"//"}', {"a": '"//'}),
    ],
)
def test_jsonc(text: str, value: object) -> None:
    assert jsonc.loads(text.encode()) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_jsonc_reads_all_json(value: object) -> None:
    assert jsonc.loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:/* \\\nmcpServers', max_size=200).map(str.encode))
def test_hostile_settings_raise_nothing_but_source_errors(data: bytes) -> None:
    for path in (
        ".mcp.json",
        ".codex/config.toml",
        "opencode.json",
        ".claude/agents/a.md",
        ".continue/config.yaml",
    ):
        for detector in ALL:
            try:
                list(
                    detector.detect(
                        SourceFile(path, data + b'"mcpServers"FastMCP('),
                        [Hit(b"fastmcp(", len(data) + 12, len(data) + 20)],
                    )
                )
            except SourceError:
                continue
