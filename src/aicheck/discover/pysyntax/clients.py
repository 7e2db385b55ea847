"""Which client a hosted model is called with: provider, host and key variable.

`client.chat.completions.create(model=…)` belongs to whatever `client` was made as: followed through variables,
attributes and one level of wrapping; a base URL decides over the client's own default.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Final

from aicheck.core.frozen import dataclass
from aicheck.discover.providers import provider_of_host
from aicheck.discover.pysyntax.module import Module, Statement
from aicheck.discover.pysyntax.values import dotted, evaluate, imported
from aicheck.knowledge.calls import CallRow, call_rows

__all__ = ["ADDRESS_FROM", "CLIENT_FROM", "Binder", "Client", "client_at"]

ADDRESS_FROM: Final = "base_url_from"
"""Attribute of a sighting: `module:name` of the base URL that another file gives; never reported."""
CLIENT_FROM: Final = "client_from"
"""Attribute of a sighting: `module:name` of the client that another file makes; never reported."""

_URL_ARGUMENTS: Final = (
    "base_url", "api_base", "openai_api_base", "azure_endpoint", "url",
    "endpoint", "server_url", "host", "endpoint_url", "inference_server_url",
    "api_host", "anthropic_api_url",
)  # fmt: skip
_KEY_ARGUMENTS: Final = (
    "api_key", "openai_api_key", "api_token", "token", "anthropic_api_key",
    "google_api_key", "groq_api_key", "mistral_api_key", "cohere_api_key",
)  # fmt: skip
_ENVIRONMENT: Final = re.compile(r"[A-Z][A-Z0-9_]{2,}\Z")
_URL: Final = re.compile(r"https?://(?:[^/@\s]*@)?([\w.-]+(?::\d+)?)", re.IGNORECASE)
_MAX_DEPTH: Final = 5
_PLATFORMS: Final = {
    "openai": "openai", "azure": "azure", "anthropic": "anthropic", "gemini": "google", "google": "google",
    "qwen": "dashscope", "tongyi_qianwen": "dashscope", "deepseek": "deepseek", "groq": "groq",
    "mistral": "mistral",
    "zhipu": "zhipu", "moonshot": "moonshot", "openrouter": "openrouter", "together": "together",
    "nvidia": "nvidia",
    "cohere": "cohere", "yi": "lingyiwanwu", "minimax": "minimax", "siliconflow": "siliconflow",
    "novita": "novita",
    "aws_bedrock": "bedrock", "bedrock": "bedrock", "vertex": "vertex", "ppio": "ppio", "modelscope": "modelscope",
    "samba": "sambanova", "reka": "reka", "internlm": "internlm", "watsonx": "watsonx", "volcano": "volcengine",
    "netmind": "netmind", "crynux": "crynux", "lmstudio": "lmstudio", "xai": "xai", "grok": "xai",
    "fireworks": "fireworks",
    "perplexity": "perplexity", "google_genai": "google", "google_vertexai": "vertex", "azure_openai": "azure",
    "mistralai": "mistral", "together_ai": "together", "bedrock_converse": "bedrock", "litellm": "litellm",
}  # fmt: skip
_OWN_HOSTS: Final = frozenset({"azure", "bedrock", "vertex", "sagemaker", "watsonx", "databricks", "snowflake"})
"""Clouds where every customer has an address of its own: from the environment, it is theirs all the same."""
_LOCAL: Final = {"ollama": "ollama", "vllm": "model", "sglang": "model", "lmstudio": "", "huggingface": "model"}


@dataclass(frozen=True, slots=True)
class Client:
    """What a model is called with."""

    provider: str | None
    host: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    local_kind: str = ""
    """`ollama` or `model` where the client speaks to a local server whose names are those of a registry."""


class Binder:
    """Finds clients in one file."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def client_of(self, node: ast.expr, statement: Statement, depth: int = 0) -> Client | None:
        """Return the client that the chain `node` (`self.client.chat.completions`) starts from."""
        if depth > _MAX_DEPTH:
            return None
        chain = node
        while True:
            if isinstance(chain, ast.Call):
                made = self._made(chain, statement)
                if made is not None:
                    return made
                chain = chain.func
            elif isinstance(chain, ast.Attribute):
                if isinstance(chain.value, ast.Name) and chain.value.id in {"self", "cls"}:
                    return self._named(f"self.{chain.attr}", statement, depth)
                chain = chain.value
            elif isinstance(chain, ast.Subscript | ast.Await):
                chain = chain.value
            else:
                break
        if isinstance(chain, ast.Name):
            path = self._module.imports.get(chain.id, "")
            top = path.partition(".")[0]
            if top in {
                "openai",
                "anthropic",
                "ollama",
                "groq",
                "cohere",
                "replicate",
                "dashscope",
                "litellm",
                "zhipuai",
            }:
                if path == top:
                    made = self._module_wide(top)
                    if made is not None:
                        return made
                    return Client({"dashscope": "dashscope", "litellm": None, "zhipuai": "zhipu"}.get(top, top))
                return None
            found = self._named(chain.id, statement, depth)
            if found is None and path and not depth:
                scope, _, name = path.rpartition(".")
                onward = dotted(node).partition(".")[2]
                full = f"{name}.{onward}" if onward else name
                return Client(None, None, ((CLIENT_FROM, f"{scope or '.'}:{full}"),)) if name else None
            return found
        return None

    def _module_wide(self, top: str) -> Client | None:
        """`openai.api_base = "http://…"`: the address of everything that is called on the module itself."""
        for found in re.finditer(
            rb"^[ \t]*" + top.encode() + rb"\.(?:api_base|base_url)[ \t]*=(?!=)", self._module.data, re.MULTILINE
        ):
            statement = self._module.statement(found.end() - 1)
            for node in statement.body:
                if not isinstance(node, ast.Assign):
                    continue
                for value in evaluate(self._module, node.value, statement):
                    host = _host_of(value.text)
                    if host:
                        return replace(_by_host(host, Client(top)), host=host)
                variable = self._variable(node.value, statement)
                if variable:
                    return Client(_provider_of_variable(variable), None, (("base_url_env", variable),))
        return None

    def _named(self, name: str, statement: Statement, depth: int) -> Client | None:
        for node, where in self._module.located_bindings(name, statement.start):
            if node is None or where.start == statement.start:
                continue
            for candidate in _alternatives(node):
                if isinstance(candidate, ast.Call):
                    made = self._made(candidate, where)
                    if made is not None:
                        return made
                    # A wrapper keeps its client: `instructor.from_openai(OpenAI())`, `wrap(client)`.
                    for argument in candidate.args[:1]:
                        found = self.client_of(argument, where, depth + 1)
                        if found is not None:
                            return found
                    found = self._returned(candidate, where, depth)
                    if found is not None:
                        return found
                elif isinstance(candidate, ast.Name | ast.Attribute):
                    found = self.client_of(candidate, where, depth + 1)
                    if found is not None:
                        return found
        return None

    def _returned(self, call: ast.Call, where: Statement, depth: int) -> Client | None:
        """A function of this file that returns a client."""
        del where
        name = dotted(call.func).rpartition(".")[2]
        block = next((block for block in self._module.blocks if block.kind == "def" and block.name == name), None)
        if block is None or depth > 2:
            return None
        following = [
            other.start
            for other in self._module.blocks
            if other.start > block.start and other.indent <= block.indent
        ]
        end = min(following, default=len(self._module.data))
        for found in re.finditer(rb"^[ \t]+return[ \t]+\S", self._module.data[block.start : end], re.MULTILINE):
            statement = self._module.statement(block.start + found.end() - 1)
            for node in statement.body:
                if isinstance(node, ast.Return) and node.value is not None:
                    client = self.client_of(node.value, statement, depth + 2)
                    if client is not None:
                        return client
        return None

    def _made(self, call: ast.Call, statement: Statement) -> Client | None:
        chain = dotted(call.func)
        last = chain.rpartition(".")[2]
        head, _, rest = chain.partition(".")
        path = self._module.imports.get(head, head)
        full = f".{path}.{rest}" if rest else f".{path}"
        for row in call_rows(last):
            if row.kind not in {"client", "hosted", "ollama"} or row.provider == "@client":
                continue
            if row.modules and not (row.modules & self._module.modules):
                continue
            if full.endswith("." + row.name) or ("." + chain).endswith("." + row.name):
                return self.constructed(call, statement, row)
        return None

    def constructed(self, call: ast.Call, statement: Statement, row: CallRow) -> Client:
        """Return the client that a constructor of the call table makes."""
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        provider = row.provider if row.provider not in {"", "@client"} else None
        local = "ollama" if provider == "ollama" else ""
        client = Client(provider, None, (), local)
        attributes: dict[str, str] = {}
        sdk = dotted(call.func).rpartition(".")[2]
        if row.kind == "client" or provider:
            attributes["client"] = sdk
        nodes = [keywords[name] for name in _URL_ARGUMENTS if name in keywords]
        for name in ("provider", "openai_client", "client"):
            # `OpenAIModel("deepseek-chat", provider=OpenAIProvider(base_url=…))`
            inner = keywords.get(name)
            if isinstance(inner, ast.Call) and not nodes:
                nodes = [item.value for item in inner.keywords if item.arg in _URL_ARGUMENTS]
        for argument in nodes:
            for value in evaluate(self._module, argument, statement):
                host = _host_of(value.text)
                if host:
                    attributes["base_url"] = value.text
                    client = replace(_by_host(host, client), host=host)
                    break
            variable = self._variable(argument, statement)
            if "base_url" not in attributes and variable:
                # The base URL comes from the environment: whose model it is cannot be told here.
                attributes["base_url_env"] = variable
                named = provider if provider in _OWN_HOSTS else _provider_of_variable(variable)
                client = replace(client, provider=named, local_kind="" if named != "ollama" else "ollama")
            elif "base_url" not in attributes and not isinstance(argument, ast.Constant):
                client = replace(client, provider=None)
                origin = imported(self._module, argument)
                if origin is not None:
                    attributes[ADDRESS_FROM] = ":".join(origin)
        for name in _KEY_ARGUMENTS:
            if name in keywords:
                variable = self._variable(keywords[name], statement)
                if variable:
                    attributes["api_key_env"] = variable
        return replace(client, attributes=tuple(sorted(attributes.items())))

    def _variable(self, node: ast.expr, statement: Statement, depth: int = 0) -> str:
        """Return the environment variable that an expression reads, or ''."""
        for child in ast.walk(node):
            if (
                isinstance(child, ast.Call)
                and dotted(child.func).rpartition(".")[2] in {"getenv", "get"}
                and child.args
            ):
                first = child.args[0]
                if (
                    isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                    and _ENVIRONMENT.match(first.value)
                ):
                    return first.value
            if isinstance(child, ast.Subscript) and isinstance(child.slice, ast.Constant):
                name = child.slice.value
                if isinstance(name, str) and dotted(child.value).endswith("environ"):
                    return name
        if depth < 3 and isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else f"self.{node.attr}"
            for found, where in self._module.located_bindings(name, statement.start):
                if found is not None and where.start != statement.start:
                    variable = self._variable(found, where, depth + 1)
                    if variable:
                        return variable
        return ""

    def platform(self, call: ast.Call) -> Client | None:
        """Read an argument that names the platform (`model_platform=ModelPlatformType.QWEN`)."""
        for keyword in call.keywords:
            if keyword.arg in {
                "model_platform",
                "model_provider",
                "provider",
                "llm_provider",
                "custom_llm_provider",
            }:
                value = keyword.value
                name = value.attr if isinstance(value, ast.Attribute) else None
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    name = value.value
                if name is None:
                    continue
                low = name.lower().replace("-", "_")
                if low in _LOCAL:
                    return Client(None if low != "ollama" else "ollama", None, (("client", name),), _LOCAL[low])
                url = next((k.value for k in call.keywords if k.arg in _URL_ARGUMENTS), None)
                if url is not None:
                    for item in evaluate(self._module, url, self._module.statement(0)):
                        host = _host_of(item.text)
                        if host:
                            return replace(_by_host(host, Client(None)), host=host)
                if low in _PLATFORMS:
                    return Client(_PLATFORMS[low])
        return None


def client_at(address: str, client: Client) -> Client | None:
    """Return the client with a base URL that was found elsewhere; None where the text is no address."""
    host = _host_of(address)
    return replace(_by_host(host, client), host=host) if host else None


def _host_of(url: str) -> str:
    """Host (and port) of a base URL, lower case; '' for what is none. Local ones count, too: they decide."""
    found = _URL.match(url.strip())
    return found.group(1).lower() if found else ""


def _alternatives(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.IfExp):
        return [*_alternatives(node.body), *_alternatives(node.orelse)]
    if isinstance(node, ast.BoolOp):
        return [item for value in node.values for item in _alternatives(value)]
    if isinstance(node, ast.Await):
        return _alternatives(node.value)
    return [node]


def _by_host(host: str, client: Client) -> Client:
    slug = provider_of_host(host)
    if slug is None:
        return replace(client, provider=None, local_kind="")
    if slug == "ollama":
        return replace(client, provider="ollama", local_kind="ollama")
    return replace(client, provider=slug, local_kind="")


def _provider_of_variable(variable: str) -> str | None:
    first = variable.lower().split("_")[0]
    return _PLATFORMS.get(first) if first not in {"openai", "azure", "google"} else None
