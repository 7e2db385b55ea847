"""From sightings to references, gaps and links."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Occurrence, Reference, Use
from aicheck.core.target import (
    Endpoint,
    HostedModel,
    HubDataset,
    HubModel,
    RegistryModel,
    Target,
    Unresolvable,
    WeightsFile,
)
from aicheck.discover.bindings import provider_in
from aicheck.discover.commandline import read_command
from aicheck.discover.detector import Detection, Hit, Link
from aicheck.discover.judge import (
    OWN_MODELS_ONLY,
    Context,
    Judgement,
    fits,
    hosted_developer,
    is_hub_id,
    judge,
    looks_like_model,
)
from aicheck.discover.providers import provider_of_host
from aicheck.discover.pysyntax.clients import ADDRESS_FROM, CLIENT_FROM
from aicheck.discover.pysyntax.enums import member_name
from aicheck.discover.pysyntax.module import Module, Statement, module_of
from aicheck.discover.pysyntax.values import Value
from aicheck.discover.pysyntax.visit import Open, Sighting, Visitor
from aicheck.discover.pysyntax.worth import SILENT, worth
from aicheck.discover.results import is_test_path
from aicheck.discover.source import SourceFile
from aicheck.knowledge.keys import lookup, normalize
from aicheck.knowledge.names import NAMESPACES, WHISPER_SIZES

__all__ = ["Reporter", "detect_statements"]

_MIN_CONFIDENCE: Final = 0.5
_COMMAND: Final = re.compile(
    r"(?:^|\s)--?[a-z][\w-]*|\b(?:vllm|ollama|hf|huggingface-cli|python3?|docker|curl|wget|git)\s"
)
_PREFIX: Final = re.compile(r"[rRbBuUfF]{0,2}(?:\"\"\"|'''|\"|')")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*+(?:://[^\s\"'<>()\[\]{}`,;\\]+)?", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9][\w.-]*+(?:/[\w.-]+\w)?")
"""Both take a run of letters whole where nothing follows it: tried from each letter, it takes quadratic time."""
_LITELLM: Final = {"openai": "openai", "anthropic": "anthropic", "cohere": "cohere", "google": "vertex"}
_MAX_ALTERNATIVES: Final = 8
_WORDS: Final = re.compile(r"(?<![\w./=:-])[A-Za-z][\w.-]{3,60}(?![\w./=:-])")
_UNKNOWN_HOST: Final = 0.7
_MODEL_WORDS: Final = re.compile(
    rb"openai|completions?\b|\bllms?\b|embeddings?\b|chat_?model|/models\b", re.IGNORECASE
)
_SERVERS: Final = re.compile(rb"ollama|openai|litellm|completions|anthropic|groq", re.IGNORECASE)
_ARCHITECTURE: Final = re.compile(r"(?!gpt|o\d|claude|gemini)[a-z]+\d{1,2}[a-z]{0,4}\Z")
"""`qwen2`, `glm4`, `gemma3n`: a family's generation alone."""
_JSON_PAIR: Final = re.compile(r"\"([\w-]{2,40})\"\s{0,4}:\s{0,4}\"([\w./:@-]{2,120})\"")
_YAML_PAIR: Final = re.compile(
    r"^[ \t]{0,40}(?:-[ \t]+)?([\w-]{2,40}):[ \t]+[\"']?([\w./:@-]{2,120})[\"']?[ \t]*$", re.MULTILINE
)
_MAX_DOCUMENT: Final = 50_000
_MAX_PAIRS: Final = 200
_SURE_ENOUGH: Final = 0.8
_BETWEEN: Final = re.compile(r"[;,|]")
_COMMENTED: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT})
_GAP_KINDS: Final = frozenset(
    {
        "model",
        "hosted",
        "embedding",
        "reranker",
        "adapter",
        "dataset",
        "ollama",
        "sentence-transformers",
        "whisper",
    }
)


def detect_statements(source: SourceFile, hits: Sequence[Hit], detector: str) -> Iterator[Detection]:
    """Look at every statement that a hit stands in."""
    data, documentation = source.data, source.documentation
    pending: Iterable[Hit] = hits
    if not documentation:
        first = next((index for index, hit in enumerate(hits) if worth(hit, data)), None)
        if first is None:
            return  # nearly half of the files with hits
        pending = hits[first:]
    module = module_of(source)
    where = module.layout
    reporter = Reporter(module, detector)
    seen: set[int] = set()
    done = -1
    """End of the statement or docstring that was read or passed over last."""
    for hit in pending:
        if not documentation and (hit.start <= done or not worth(hit, data)):
            continue
        token = where.token_at(hit.start)
        if token is not None and where.is_comment(token):
            if documentation:
                yield from reporter.comment(token)
            continue
        if token is not None and not documentation and where.is_docstring(token):
            done = token[1] - 1
            continue
        start, end = where.statement_at(hit.start)
        done = end
        if start in seen:
            continue
        seen.add(start)
        if token is not None and not documentation and where.is_prose(token, start):
            continue
        if SILENT.match(data, start) is None or data.find(b";", start, end) >= 0:
            reporter.statement(module.statement(hit.start))
    yield from reporter.results()


def _under_provider(found: Judgement, symbol: str) -> Judgement:
    """`{"openai": ["gpt-4o"], "GROQ": [("Llama", "llama3-8b-8192")]}`: the key above says whose API it is."""
    target = found.target
    if not isinstance(target, HostedModel) or target.provider is not None or target.host is not None:
        return found
    for label in reversed(symbol.split(".")[1:]):
        provider = provider_in(label) if label.isidentifier() and "_" not in normalize(label) else None
        if provider == "ollama":
            name, _, tag = target.name.partition(":")
            return found._replace(target=RegistryModel("ollama", name, tag or None))
        if provider and provider != "huggingface":
            fitting = provider not in OWN_MODELS_ONLY or fits(target.name, provider)
            return found._replace(target=replace(target, provider=provider)) if fitting else found
    return found


class Reporter:
    """Collects what one file names."""

    def __init__(self, module: Module, detector: str) -> None:
        self._module = module
        self._source = module.source
        self._detector = detector
        self._found: dict[tuple[int, int, str], Reference] = {}
        self._gaps: list[Gap] = []
        self._links: list[Link] = []
        self._waiting: set[tuple[int, int, str]] = set()
        """Places whose client another file makes."""
        self._comments: set[int] = set()

    def statement(self, statement: Statement) -> None:
        """Read one statement."""
        groups: dict[int, list[tuple[Sighting, Judgement | None]]] = {}
        for item in Visitor(self._module, statement).visit():
            if not isinstance(item, Sighting):
                self._open(item)
                continue
            found = self._sighting(item)
            if item.group:
                groups.setdefault(item.group, []).append((item, found))
        for members in groups.values():
            self._agree(members)

    def comment(self, token: tuple[int, int]) -> Iterator[Detection]:
        """Read one comment; reported only where documentation is asked for."""
        if token[0] in self._comments:
            return
        self._comments.add(token[0])
        text = self._module.data[token[0] : token[1]].decode("utf-8", "replace")
        for word, start in _words_of(text):
            found = judge(word, Context(text=True))
            if found is not None and found.confidence >= _MIN_CONFIDENCE:
                line, column = self._source.position(token[0])
                place = Occurrence(
                    self._source.path,
                    line,
                    column + start,
                    column + start + len(word),
                    word,
                    "",
                    self._detector,
                    Use.COMMENT,
                )
                yield Reference(found.target, place, found.confidence, found.attributes)

    # ------------------------------------------------------------------------------------------------------

    def _agree(self, members: list[tuple[Sighting, Judgement | None]]) -> None:
        """Read what stands beside models in a list with less doubt: `["gpt-4o", "vicuna-33b", "new/name"]`."""
        named = [found for _, found in members if found is not None]
        alike = len(members) > 3 and all(is_hub_id(item.value.text.strip()) for item, _ in members)
        if not named or len(named) < (2 if alike else max(1 if len(members) <= 3 else 2, 0.3 * len(members))):
            return
        repositories = [found.target for found in named if isinstance(found.target, HubModel)]
        datasets = len(repositories) > 2 and self._of_datasets(repositories)
        for item, first in members:
            found = first
            if found is None:
                found = judge(item.value.text.strip(), item.context._replace(kind="model", sure=False))
                if found is None or not isinstance(found.target, HubModel | HostedModel):
                    continue
                if isinstance(found.target, HubModel) and not repositories:
                    continue
                found = found._replace(confidence=0.55)
            if datasets and isinstance(found.target, HubModel):
                found = Judgement(HubDataset(found.target.repo_id, found.target.revision), 0.7)
            if found is not first:
                self._add(found, item.value, item.symbol, item.use, item.attributes)

    def _of_datasets(self, repositories: list[HubModel]) -> bool:
        """Tell whether a list is one of datasets: the file loads some, and few sound like models."""
        shaped = sum(looks_like_model(target.repo_id.rpartition("/")[2]) for target in repositories)
        return "datasets" in self._module.modules and shaped * 5 <= len(repositories)

    def _sighting(self, item: Sighting) -> Judgement | None:
        text = item.value.text
        if item.use in _COMMENTED or item.context.kind == "enum":
            if item.context.kind == "enum":
                self._enum(item)
            else:
                self._prose(item)
            return None
        stripped = text.strip()
        if len(stripped) < 2:
            return None
        multi = len(stripped.split(None, 1)) > 1
        if (item.command or multi) and self._command(item):
            return None
        if multi:
            self._document(item)
            if "://" in text and not item.context.text:
                self._addresses(item)
            elif item.context.kind in {"model", "embedding", "named"}:
                self._several(item, stripped)
            return None
        found = self._judged(stripped, item)
        if found is not None and isinstance(found.target, Endpoint) and found.confidence <= _UNKNOWN_HOST:
            known = item.attributes or (self._speaks_of_models and not is_test_path(self._source.path))
            found = found if known else None
        if found is not None and not item.context.sure and self._invented(found.target, item):
            return None
        if found is not None and found.confidence >= _MIN_CONFIDENCE:
            if "." in item.symbol:
                found = _under_provider(found, item.symbol)
            use = Use.DEFAULT if item.value.default and item.use is not Use.CHOICE else item.use
            self._add(found, item.value, item.symbol, use, item.attributes)
            return found
        if item.context.text or item.context.kind in {"", "model", "named"}:
            self._key_values(item, stripped)
            self._several(item, stripped)
        return None

    def _judged(self, text: str, item: Sighting) -> Judgement | None:
        context = item.context
        sized = context.kind == "model" or context.key.lower().endswith("model_size")
        if text.lower() in WHISPER_SIZES and sized and self._about_whisper():
            return Judgement(RegistryModel("whisper", text), 0.75)
        if "{" in text and item.value.exact and "://" not in text:
            return None
        return judge(text, context)

    def _about_whisper(self) -> bool:
        return "whisper" in self._source.path.lower() or b"whisper" in self._module.data.lower()

    def _invented(self, target: Target, item: Sighting) -> bool:
        """Tell whether what looks like a model is one of a project's own words, for all that the file tells."""
        if isinstance(target, WeightsFile):
            stem = target.path.rpartition("/")[2].rpartition(".")[0]
            return is_test_path(self._source.path) and not looks_like_model(stem)
        if isinstance(target, HubModel):
            # `os.path.join("results", "gpt4-runs")` is a folder
            put_together = isinstance(item.value.node, ast.Call) and not item.value.exact
            return put_together and target.repo_id.partition("/")[0].lower() not in NAMESPACES
        if isinstance(target, HostedModel) and target.provider is None and item.context.kind != "hosted":
            # `choices=["llama4", "qwen3"]`: architectures, unless the file speaks of who serves them
            return _ARCHITECTURE.match(target.name) is not None and not self._speaks_of_servers
        return False

    @cached_property
    def _speaks_of_servers(self) -> bool:
        return _SERVERS.search(self._module.data) is not None

    @cached_property
    def _speaks_of_models(self) -> bool:
        """Whether a base URL on a host that nobody knows may be that of models, and not of any other interface."""
        return _MODEL_WORDS.search(self._module.data) is not None

    def _enum(self, item: Sighting) -> None:
        named = member_name(item.context.key, item.value.text)
        if named is None:
            return
        name, provider = named
        bound = item.context.provider or provider
        found = Judgement(HostedModel(bound, name, item.context.host), 0.93 if item.context.sure else 0.88)
        if "/" in name and bound is None:
            found = Judgement(HubModel(name), 0.8)
        self._add(found, item.value, item.symbol, item.use, item.attributes, raw=ast.unparse(item.value.node))

    def _prose(self, item: Sighting) -> None:
        for word, _ in _words_of(item.value.text):
            found = judge(word, Context(text=True))
            if found is not None and found.confidence >= _MIN_CONFIDENCE:
                self._add(found, item.value, item.symbol, Use.DOCUMENTATION, (), raw=word)

    def _document(self, item: Sighting) -> None:
        """Settings inside a text: the keys of JSON or YAML that name models."""
        text = item.value.text
        if ":" not in text or len(text) > _MAX_DOCUMENT or item.use in _COMMENTED:
            return
        pairs = [*_JSON_PAIR.finditer(text), *(_YAML_PAIR.finditer(text) if "\n" in text else ())]
        for pair in pairs[:_MAX_PAIRS]:
            row = lookup(pair.group(1))
            if row is None or row.kind not in {"model", "embedding", "reranker"}:
                continue
            found = judge(pair.group(2), Context(row.kind, sure=False, key=pair.group(1)))
            if found is not None and found.confidence >= _SURE_ENOUGH:
                self._add(found, item.value, pair.group(1), item.use, (), raw=pair.group(2), offset=pair.start(2))

    def _addresses(self, item: Sighting) -> None:
        for match in _URL.finditer(item.value.text):
            found = judge(match.group().rstrip(".,)"), item.context._replace(text=True, kind=""))
            if found is not None and not isinstance(found.target, Endpoint):
                self._add(found, item.value, item.symbol, item.use, (), raw=match.group())

    def _command(self, item: Sighting) -> bool:
        """Read a text as a command line; True where it is one."""
        text = item.value.text
        if not _COMMAND.search(text):
            return False
        any_found = False
        for argument in read_command(text):
            if argument.role in {"image", "comment"}:
                continue
            kind = argument.role
            attributes = dict(argument.attributes)
            provider = attributes.pop("provider", None)
            context = Context(kind, argument.sure, provider, None, argument.flag)
            found = judge(argument.value, context)
            if found is not None and found.confidence >= _MIN_CONFIDENCE:
                any_found = True
                use = Use.DEFAULT if argument.default else Use.LOAD
                self._add(
                    found, item.value, argument.program or argument.flag, use, tuple(sorted(attributes.items())),
                    raw=argument.value, offset=argument.start,
                )  # fmt: skip
        if item.command and not any_found:
            # A program that is not known, with a name that says enough: `!oaieval gpt-3.5-turbo match`.
            for word in _WORDS.findall(text):
                found = judge(word, Context())
                if found is not None and isinstance(found.target, HostedModel) and found.confidence >= 0.8:
                    self._add(found, item.value, item.symbol, item.use, (), raw=word)
        if item.command and "://" in text:
            self._addresses(item._replace(context=item.context._replace(key="")))
        return any_found or item.command

    def _key_values(self, item: Sighting, text: str) -> None:
        """`pretrained=Qwen/…,tokenizer=…,dtype=…`: arguments in one string."""
        if "=" not in text or len(text) > 2000:
            return
        for part in text.split(","):
            key, equals, value = part.partition("=")
            if equals and value and key.replace("_", "").replace("-", "").isalnum():
                argument = next(iter(read_command([f"--{key.strip()}", value.strip()])), None)
                if argument is None:
                    continue
                found = judge(argument.value, Context(argument.role, argument.sure, None, None, key))
                if found is not None and found.confidence >= _MIN_CONFIDENCE:
                    self._add(found, item.value, key, item.use, (), raw=argument.value)

    def _several(self, item: Sighting, text: str) -> None:
        """`owner/one;owner/two`: names in one string, where all of them are."""
        parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
        if not 1 < len(parts) <= 50 or "=" in text:
            return
        found = [judge(part, item.context) for part in parts]
        if all(one is not None and one.confidence >= _MIN_CONFIDENCE for one in found):
            for part, one in zip(parts, found, strict=True):
                if one is not None:
                    self._add(one, item.value, item.symbol, item.use, item.attributes, raw=part)

    def _open(self, item: Open) -> None:
        if item.context.kind not in _GAP_KINDS:
            return
        line = self._module.line(item.statement, item.node.lineno)
        column = self._column(line, item.node.col_offset)
        if item.name:
            place = Occurrence(
                self._source.path, line, column, column + len(item.expression), item.expression, item.symbol,
                self._detector, Use.LOAD,
            )  # fmt: skip
            reference = Reference(Unresolvable(item.expression), place, 0.9, item.attributes)
            self._links.append(Link("use", item.name, _encoded(item.context), reference, item.scope))
            return
        detail = f"{item.symbol} takes {item.expression!r}, which is not known from this file"
        self._gaps.append(
            Gap(f"dynamic:{item.expression}", GapReason.DYNAMIC, detail, self._source.path, line, column)
        )

    # ------------------------------------------------------------------------------------------------------

    def _column(self, line: int, offset: int) -> int:
        start = self._source.line_bounds(line)[0]
        return len(self._module.data[start : start + offset].decode("utf-8", "replace")) + 1

    def _add(
        self,
        found: Judgement,
        value: Value,
        symbol: str,
        use: Use,
        attributes: tuple[tuple[str, str], ...],
        *,
        raw: str = "",
        offset: int = 0,
    ) -> None:
        line, column, end, written = self._place(value, raw, offset)
        target = found.target
        if isinstance(target, HostedModel) and target.provider == "litellm" and target.host is None:
            # The library picks the API by the name; its names without a prefix are those of a few houses.
            target = replace(target, provider=_LITELLM.get(hosted_developer(target.name) or ""))
        merged = dict(found.attributes) | dict(attributes)
        if isinstance(target, HubModel | HubDataset) and "revision" in merged:
            target = replace(target, revision=merged["revision"])
        if merged.pop("repo_type", "") == "dataset" and isinstance(target, HubModel):
            target = HubDataset(target.repo_id, target.revision)
        origin = merged.pop(ADDRESS_FROM, "") or merged.pop(CLIENT_FROM, "")
        merged.pop(CLIENT_FROM, None)
        if not isinstance(target, HostedModel):
            merged.pop("base_url", None)
            merged.pop("base_url_env", None)
            merged.pop("api_key_env", None)
            origin = ""
        place = Occurrence(self._source.path, line, column, end, written[:500], symbol[:200], self._detector, use)
        reference = Reference(target, place, round(found.confidence, 2), tuple(sorted(merged.items())))
        # One text is one name; what is put together of parts may be several.
        key = (line, column, written if value.exact or raw else f"{written}\0{target}")
        if origin and isinstance(target, HostedModel) and target.provider is None:
            self._waiting.add(key)
            self._links.append(
                Link("bind", target.name, "", replace(reference, attributes=tuple(sorted(attributes))))
            )
        before = self._found.get(key)
        if before is None or _better(reference, before):
            self._found[key] = reference

    def _place(self, value: Value, raw: str, offset: int) -> tuple[int, int, int, str]:
        node = value.node
        line = self._module.line(value.statement, node.lineno)
        column = self._column(line, node.col_offset)
        text = raw or value.text
        if isinstance(node, ast.Constant | ast.JoinedStr) and (node.end_lineno or node.lineno) > node.lineno:
            # A text over several lines: the line that the name stands on.
            body = self._lines(line, line - node.lineno + (node.end_lineno or node.lineno))
            at = body.find(text, 0)
            if offset and at >= 0:
                at = max(body.find(text, min(offset, at + offset)), at)
            if at >= 0:
                line += body.count("\n", 0, at)
                column = at - (body.rfind("\n", 0, at) + 1) + 1
                return line, column, column + len(text), text
        written = self._source.line_text(line) if line >= 1 else ""
        at = written.find(text, column - 1) if text else -1
        if at >= 0:
            return line, at + 1, at + 1 + len(text), text
        end = column
        if node.end_lineno == node.lineno and node.end_col_offset is not None:
            end = self._column(line, node.end_col_offset)
            if not raw:
                text = written[column - 1 : end - 1] if not isinstance(node, ast.Constant) else text
        return line, column, end, text

    def _lines(self, first: int, last: int) -> str:
        start = self._source.line_bounds(first)[0]
        end = self._source.line_bounds(last)[1]
        return self._module.data[start:end].decode("utf-8", "replace")

    def results(self) -> Iterator[Detection]:
        """Yield everything, hosted models bound to the file's only API where that is certain."""
        self._many()
        references = list(self._found.values())
        only = self._only_provider(references)
        for key, reference in self._found.items():
            target = reference.target
            # A client with an address of its own, or one from the environment, stays unbound.
            if (
                isinstance(target, HostedModel)
                and target.provider is None
                and target.host is None
                and only is not None
                and not reference.attribute("base_url_env")
                and key not in self._waiting
                and hosted_developer(target.name) in {only, ""}
            ):
                yield replace(reference, target=replace(target, provider=only))
                continue
            yield reference
        yield from self._gaps
        yield from self._links

    def _many(self) -> None:
        """One expression that may be dozens of names is one of them, and the rest is said to be open."""
        composed: dict[tuple[int, int, str], list[tuple[int, int, str]]] = {}
        for key in self._found:
            line, column, written = key
            expression, marked, _ = written.partition("\0")
            if marked:
                composed.setdefault((line, column, expression), []).append(key)
        for (line, column, expression), keys in composed.items():
            if len(keys) > _MAX_ALTERNATIVES:
                for key in keys[1:]:
                    del self._found[key]
                detail = f"{expression[:200]!r} is one of {len(keys)} names or more; one is shown"
                gap = Gap(
                    f"dynamic:{expression[:200]}", GapReason.DYNAMIC, detail, self._source.path, line, column
                )
                self._gaps.append(gap)

    def _only_provider(self, references: list[Reference]) -> str | None:
        slugs = {
            target.provider if isinstance(target, HostedModel) else provider_of_host(target.host)
            for reference in references
            if isinstance(target := reference.target, HostedModel | Endpoint)
        } - {None}
        return next(iter(slugs)) if len(slugs) == 1 else None


def _encoded(context: Context) -> str:
    return "|".join((context.kind, context.provider or "", context.host or ""))


def _better(one: Reference, other: Reference) -> bool:
    def rank(reference: Reference) -> tuple[float, bool, int]:
        target = reference.target
        bound = isinstance(target, HostedModel) and target.provider is not None
        return (reference.confidence, bound, len(reference.attributes))

    return rank(one) > rank(other)


def _words_of(text: str) -> Iterator[tuple[str, int]]:
    for match in _URL.finditer(text) if "://" in text else ():
        if "://" in match.group():
            yield match.group().rstrip(".,:;)"), match.start()
    for match in _WORD.finditer(text) if "/" in text else ():
        if "/" in match.group() and (match.start() == 0 or text[match.start() - 1] not in "/:@."):
            yield match.group().rstrip(".-_"), match.start()
