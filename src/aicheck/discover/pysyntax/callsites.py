"""Calls: what the call table knows, options, fallbacks, command lines, paths, clients."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from typing import Final

from aicheck.core.reference import Use
from aicheck.discover.judge import Context, looks_like_model
from aicheck.discover.pysyntax.clients import CLIENT_FROM, Binder, Client
from aicheck.discover.pysyntax.houses import house_row, takes_name
from aicheck.discover.pysyntax.module import Module, Statement
from aicheck.discover.pysyntax.places import Open, Place, Sighting, keyed
from aicheck.discover.pysyntax.values import Value, dotted, evaluate, imported, sketched
from aicheck.knowledge.calls import CallRow, call_rows
from aicheck.knowledge.keys import lookup

__all__ = ["REPOSITORIES", "SPLITS", "CallVisitor"]

_PROSE: Final = frozenset({
    "print", "info", "debug", "warning", "warn", "error", "exception", "critical", "log", "echo", "secho",
    "deprecated",
    "markdown", "write", "fail", "skip", "ValueError", "RuntimeError", "TypeError", "KeyError",
    "NotImplementedError",
    "ImportError", "OSError", "Exception", "AssertionError", "FileNotFoundError", "EnvironmentError",
    "HTTPException",
    "compile", "search", "match", "findall", "fullmatch", "sub", "startswith", "endswith", "replace", "split",
    "rsplit",
    "removeprefix", "removesuffix", "strip", "lstrip", "rstrip", "find", "index", "count", "encode", "mkdir",
    "makedirs",
    "savefig", "set_title", "basicConfig", "TypeVar", "NewType", "namedtuple", "__import__", "import_module",
    "hasattr",
    "strptime", "strftime", "translate", "gettext", "header", "subheader", "caption", "title",
})  # fmt: skip
"""Callees whose texts are prose, patterns or names of other things."""
_WRITES: Final = frozenset({
    "save_pretrained", "save", "push_to_hub", "save_model", "save_file", "torch_save", "create_repo",
    "upload_folder",
    "upload_file", "export", "write_text", "write_bytes", "dump", "to_csv", "to_json", "to_parquet",
    "save_to_disk",
    "save_state", "log_model", "rmtree", "remove", "unlink", "open", "create_branch", "delete_repo", "savez",
    "export_model",
})  # fmt: skip
"""Callees whose paths are written, or belong to files of other kinds."""
_SHELL: Final = frozenset({
    "run", "Popen", "call", "check_call", "check_output", "system", "popen", "getoutput", "getstatusoutput",
    "create_subprocess_shell", "create_subprocess_exec", "run_commands", "exec_run", "run_shell", "entrypoint",
    "execvp",
    "spawn", "sh", "local", "sudo", "dockerfile_commands", "run_command", "execute_command", "exec_command",
})  # fmt: skip
_OPTIONS: Final = frozenset({
    "add_argument", "option", "Option", "argument", "Argument", "add_option",
    "DEFINE_string", "define_string", "DEFINE_enum", "DEFINE_list",
})  # fmt: skip
_DEFAULTED: Final = frozenset({"getenv", "get", "pop", "setdefault", "getattr", "get_env", "env", "config"})
_HUB_KINDS: Final = frozenset({"model", "tokenizer", "embedding", "dataset"})
_DATA: Final = re.compile(r"Dataset|Task(?:Config|Metadata)?\Z|Benchmark|Corpus")
SPLITS: Final = frozenset({
    "hf_subset", "subset", "split", "splits", "hf_avail_splits", "evaluation_splits", "eval_splits", "train_split",
    "test_split", "few_shots_split", "dataset_split", "data_split", "hf_split", "data_files",
})  # fmt: skip
"""Arguments beside which a repository is one of data."""
REPOSITORIES: Final = frozenset({
    "hf_repo", "repo", "repo_id", "hf_path", "path", "hf_hub", "hub_repo", "hf_repo_id", "hub_id", "hf_name",
})  # fmt: skip
_TEMPLATES: Final = re.compile(
    r"(?:^|_)(?:conv|conversation|template)s?(?:_|\Z)|Conversation|Template|^register_(?:module|model|parser|backend)\Z"
)
"""Callees that take the name of a template of chats, which is often that of the model it was made for."""
_NAMES_MODELS: Final = re.compile(r"(?:^|_)(?:models?|llms?)(?:_|\Z)", re.IGNORECASE)
_DESCRIBES: Final = re.compile(
    r"(?:\w*[a-z])?(?:Model|LLM|Embedding|Encoder)s?(?:Meta|Info|Spec|Card|Entry|Definition|Descriptor|Record|Version|"
    r"Variant|Choice|Option|Preset|Profile)\Z"
)
"""Classes whose `name` is that of a model: `ModelMeta(name=…)`, `EmbeddingModelSpec(…)`."""
_LEARNT: Final = re.compile(r"model|token|trainer|tool|processor|agent|peft|pipe|lora", re.IGNORECASE)
"""Objects whose `push_to_hub` uploads something else than data."""
_READERS: Final = frozenset({"datasets", "modelscope", "huggingface_hub", "evaluate", "unsloth", "trl", "swift"})
"""Modules whose `load_dataset` reads a data set of the Hub by its name alone."""
_RUNS: Final = frozenset({"init", "start_run", "set_experiment"})
_TRACKERS: Final = frozenset({"wandb", "trackio", "swanlab", "mlflow", "neptune", "comet_ml", "aim"})
"""Libraries that keep a record of experiments, under names that often are those of the models."""
_FLAGS: Final = (
    "revision", "trust_remote_code", "use_safetensors", "weights_only", "filename", "subfolder",
    "task", "quantization", "code_revision", "variant", "load_in_4bit", "load_in_8bit",
    "hf_token",
)  # fmt: skip
_MAX_PARTS: Final = 200
_KEPT_FLAGS: Final = frozenset({
    "revision", "trust_remote_code", "use_safetensors", "weights_only", "filename", "task",
    "quantization", "repo_type",
})  # fmt: skip


def _kind_asked(kind: str, node: ast.Call) -> str:
    """What a call names: `repo_type="dataset"` makes a dataset of it, `"space"` nothing that is loaded ('')."""
    if kind != "model":
        return kind
    asked = {
        keyword.value.value
        for keyword in node.keywords
        if keyword.arg == "repo_type" and isinstance(keyword.value, ast.Constant)
    }
    return "dataset" if "dataset" in asked else "" if "space" in asked else kind


class CallVisitor(ABC):
    """The part of a visitor that reads calls; expressions inside them go back to the visitor."""

    def __init__(self, module: Module, statement: Statement) -> None:
        self._module = module
        self._statement = statement
        self._binder = Binder(module)
        self._groups = 0
        self._found: list[Sighting | Open] = []

    @abstractmethod
    def _expr(self, node: ast.expr, place: Place, depth: int) -> None:
        """Read one expression."""

    @abstractmethod
    def _member(self, node: ast.Attribute, place: Place) -> None:
        """Read a member of an enumeration."""

    def _call(self, node: ast.Call, place: Place, depth: int) -> None:
        chain = dotted(node.func)
        last = chain.rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and not isinstance(node.func.value, ast.Name | ast.Attribute):
            self._expr(node.func.value, place if last in {"strip", "lower", "format"} else Place(), depth + 1)
        row = self._row(chain, last, node)
        if row is not None:
            self._sink(row, chain, node, depth)
            return
        if last in _OPTIONS:
            self._option(node, place, depth)
            return
        if (
            last in _DEFAULTED
            and node.args
            and isinstance(node.args[0 if last != "getattr" else -1], ast.Constant)
        ):
            self._fallback(node, last, place, depth)
            return
        if last in {"Field", "field", "ib", "attrib"}:
            for index, argument in enumerate(node.args):
                if index == 0:
                    self._expr(argument, place._replace(use=Use.DEFAULT), depth + 1)
            for keyword in node.keywords:
                if keyword.arg in {"default", "default_factory"}:
                    self._expr(keyword.value, place._replace(use=Use.DEFAULT), depth + 1)
                elif keyword.arg in {"examples", "choices", "json_schema_extra"}:
                    self._expr(keyword.value, place._replace(use=Use.DOCUMENTATION), depth + 1)
                elif keyword.arg == "metadata" and isinstance(keyword.value, ast.Dict):
                    continue
            return
        if last in _SHELL:
            self._shell(node, depth)
            return
        if last in _RUNS and chain.partition(".")[0] in _TRACKERS:
            for keyword in node.keywords:
                if keyword.arg == "config":
                    self._expr(keyword.value, Place(symbol=chain), depth + 1)
            return
        if last in _PROSE or last.endswith(("Error", "Exception", "Warning")):
            self._split(node, place, depth)
            return
        if last == "join" or (last in {"Path", "joinpath"} and len(node.args) > 1):
            self._path(node, place, depth)
            return
        written = last in _WRITES
        inner = place if last in {"Path", "str", "dict", "list", "tuple", "set", "SecretStr", "StrictStr", "cast",
                                  "InputConfig", "frozenset", "deepcopy", "strip", "lower", "format"} else Place(
            symbol=chain, use=Use.LOAD)  # fmt: skip
        if not inner.context.kind and _NAMES_MODELS.search(last):
            inner = inner._replace(context=inner.context._replace(kind="named"))
        elif _DESCRIBES.match(last):
            inner = inner._replace(parents=("model",))
        self._given(node, inner._replace(muted=place.muted), depth, written=written)

    def _given(self, node: ast.Call, inner: Place, depth: int, *, written: bool) -> None:
        """The arguments of a call that no table knows."""
        attributes = self._attributes(node)
        template = _TEMPLATES.search(dotted(node.func).rpartition(".")[2]) is not None
        for argument in node.args:
            plain = isinstance(argument, ast.Constant) and (written or template)
            plain = plain or (written and isinstance(argument, ast.JoinedStr | ast.BinOp))
            self._expr(argument, inner._replace(muted=True) if plain else inner, depth + 1)
        client = None
        around = inner if inner.attributes == attributes else inner._replace(attributes=attributes)
        data = _DATA.search(dotted(node.func)) or any(
            keyword.arg in SPLITS or (keyword.arg == "type" and _DATA.search(dotted(keyword.value)))
            for keyword in node.keywords
        )
        for keyword in node.keywords:
            if isinstance(keyword.value, ast.Constant) and (
                written or (template and keyword.arg == "name") or not isinstance(keyword.value.value, str)
            ):
                continue
            if keyword.arg in {
                "help",
                "description",
                "title",
                "label",
                "placeholder",
                "info",
                "docstring",
                "epilog",
            }:
                continue
            at = keyed(keyword.arg or "", around)
            if data and keyword.arg in REPOSITORIES:
                at = at._replace(context=Context("dataset", sure=True))
            if at.context.kind in {"model", "embedding", "reranker"} and isinstance(node.func, ast.Attribute):
                client = client or self._binder.client_of(node.func.value, self._statement)
                if client is not None and CLIENT_FROM not in dict(client.attributes):
                    at = at._replace(context=_with(at.context, client), attributes=_merged(attributes, client))
            self._expr(keyword.value, at, depth + 1)

    def _split(self, node: ast.Call, place: Place, depth: int) -> None:
        """`"tiny,base,large-v3".split(",")`: a list written as one text; nothing for other calls."""
        text = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "split" else None
        if not isinstance(text, ast.Constant):
            return
        between = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if not isinstance(text.value, str) or not isinstance(between, str | None) or between == "":
            return
        parts: list[ast.expr] = [
            ast.copy_location(ast.Constant(part.strip()), text)
            for part in text.value.split(between)
            if part.strip()
        ]
        if 1 < len(parts) <= _MAX_PARTS:
            self._expr(ast.List(parts), place, depth + 1)

    def _row(self, chain: str, last: str, node: ast.Call) -> CallRow | None:
        rows = call_rows(last)
        if not rows:
            return self._house(chain, node)
        head, _, rest = chain.partition(".")
        path = self._module.imports.get(head, head)
        full = f"{path}.{rest}" if rest else path
        top = path.partition(".")[0]
        for row in rows:
            if row.modules and not (row.modules & self._module.modules):
                continue
            if row.kind == "dataset" and not _of_hub(chain, self._module.imports, node):
                continue
            tail = "." + row.name
            if not (("." + chain).endswith(tail) or ("." + full).endswith(tail)):
                continue
            if (
                row.modules
                and head in self._module.imports
                and top not in row.modules
                and not path.startswith(".")
            ):
                continue  # the name is imported from elsewhere
            if row.modules and "." not in row.name and row.kind == "weights" and not self._weighty(chain, node):
                continue
            return row
        return self._house(chain, node)

    def _house(self, chain: str, node: ast.Call) -> CallRow | None:
        # Most files are never asked for their imports.
        return house_row(chain, self._module.imports, node) if takes_name(node) else None

    def _weighty(self, chain: str, node: ast.Call) -> bool:
        """`load(x)` of many libraries: only where the module itself is called, or the name ends like weights."""
        head = chain.partition(".")[0]
        return head in self._module.imports and bool(node.args or node.keywords)

    def _attributes(self, node: ast.Call) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for keyword in node.keywords:
            if keyword.arg in _KEPT_FLAGS:
                if isinstance(keyword.value, ast.Constant) and keyword.value.value is not None:
                    value = keyword.value.value
                    found.append((keyword.arg, str(value).lower() if isinstance(value, bool) else str(value)))
                elif keyword.arg in {"revision", "filename"}:
                    known = evaluate(self._module, keyword.value, self._statement)
                    if len({item.text for item in known}) == 1:
                        found.append((keyword.arg, known[0].text))
        return tuple(sorted(found))

    def _sink(self, row: CallRow, chain: str, node: ast.Call, depth: int) -> None:
        attributes = self._attributes(node)
        if row.kind == "client":
            made = self._binder.constructed(node, self._statement, row)
            base = self._argument_nodes(row, node)
            for argument in base:
                for value in evaluate(self._module, argument, self._statement):
                    self._found.append(
                        Sighting(value, Context("base_url", key="base_url"), chain, Use.LOAD, _merged((), made))
                    )
            for keyword in node.keywords:
                if keyword.value not in base and keyword.arg != "api_key":
                    self._expr(keyword.value, keyed(keyword.arg or "", Place(symbol=chain)), depth + 1)
            return
        provider, host = row.provider or None, None
        client: Client | None = None
        if row.provider == "@client":
            provider = None
            if isinstance(node.func, ast.Attribute):
                client = self._binder.client_of(node.func.value, self._statement)
        elif row.kind == "hosted":
            client = self._binder.constructed(node, self._statement, row)
        platform = self._binder.platform(node)
        if platform is not None:
            client = platform
        if client is not None:
            provider, host = client.provider, client.host
            attributes = _merged(attributes, client)
        used = self._argument_nodes(row, node)
        head = self._module.imports.get(chain.partition(".")[0], "")
        kind = _kind_asked(row.kind, node)
        if head.startswith("modelscope") and kind in _HUB_KINDS:
            kind = "modelscope"
        for argument in used if kind else ():
            context = Context(kind, sure=True, provider=provider, host=host)
            if client is not None and client.local_kind:
                context = context._replace(kind=client.local_kind)
            self._argument(argument, context, chain, attributes, depth)
        if row.name == "hf_hub_download" and not any(
            evaluate(self._module, argument, self._statement) for argument in used
        ):
            self._file_of(node, chain)
        for argument in node.args:
            if argument not in used and not isinstance(argument, ast.Constant):
                self._expr(argument, Place(symbol=chain, use=Use.LOAD), depth + 1)
        for keyword in node.keywords:
            if keyword.value not in used and keyword.arg not in _FLAGS:
                self._expr(keyword.value, keyed(keyword.arg or "", Place(symbol=chain, use=Use.LOAD)), depth + 1)

    def _file_of(self, node: ast.Call, chain: str) -> None:
        """The file of a download whose repository is not known here: its name may say enough."""
        given = next((keyword.value for keyword in node.keywords if keyword.arg == "filename"), None)
        for argument in [given] if given is not None else node.args[1:2]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "-" in argument.value:
                value = Value(argument.value, argument, self._statement, exact=True, default=False, followed=False)
                self._found.append(Sighting(value, Context("weights", key="filename"), chain, Use.LOAD))

    def _argument_nodes(self, row: CallRow, node: ast.Call) -> list[ast.expr]:
        keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        found: list[ast.expr] = []
        for name in row.arguments:
            if name.isdigit():
                if int(name) < len(node.args) and not any(
                    isinstance(a, ast.Starred) for a in node.args[: int(name) + 1]
                ):
                    found.append(node.args[int(name)])
            elif name in keywords:
                found.append(keywords[name])
        return found

    def _argument(
        self, argument: ast.expr, context: Context, chain: str, attributes: tuple[tuple[str, str], ...], depth: int
    ) -> None:
        if isinstance(argument, ast.Constant) and not isinstance(argument.value, str):
            return
        if isinstance(argument, ast.Call):
            inner_chain = dotted(argument.func)
            row = self._row(inner_chain, inner_chain.rpartition(".")[2], argument)
            if row is not None:
                self._sink(row, inner_chain, argument, depth + 1)
                return
        if isinstance(argument, ast.List | ast.Tuple):
            for child in argument.elts:
                self._argument(child, context, chain, attributes, depth + 1)
            return
        values = evaluate(self._module, argument, self._statement)
        for value in values:
            use = Use.DEFAULT if value.default else Use.LOAD
            self._found.append(Sighting(value, context, chain, use, attributes))
        members = [child for child in ast.walk(argument) if isinstance(child, ast.Attribute)] if not values else []
        for member in members:
            before = len(self._found)
            self._member(member, Place(context=context, symbol=chain, attributes=attributes))
            if len(self._found) > before:
                return
        if values:
            return
        if isinstance(argument, ast.Dict | ast.Lambda | ast.Call):
            self._expr(argument, Place(context=context._replace(sure=False), symbol=chain), depth + 1)
        if isinstance(argument, ast.Dict | ast.Lambda):
            return
        if context.kind == "timm" and isinstance(argument, ast.Name) and looks_like_model(argument.id):
            # `vision_learner(dls, resnet18)`: the constructor itself
            value = Value(argument.id, argument, self._statement, exact=False, default=False, followed=False)
            self._found.append(Sighting(value, context._replace(kind="torchvision"), chain, Use.LOAD, attributes))
            return
        link = imported(self._module, argument)
        scope, name = link or ("", "")
        self._found.append(
            Open(argument, self._statement, ast.unparse(argument)[:200], context, chain, attributes, scope, name)
        )

    def _option(self, node: ast.Call, place: Place, depth: int) -> None:
        """argparse, click, typer, absl: the option's name is the key."""
        names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        flags = [name for name in names if name.startswith("-")] or names[:1]
        key = max(flags, key=len, default="").lstrip("-").partition("/")[0]
        under = keyed(key, place) if key else place
        at = under._replace(use=Use.DEFAULT)
        positional = dotted(node.func).rpartition(".")[2] in {"Option", "Argument", "DEFINE_string", "DEFINE_enum"}
        if positional and node.args and names and not names[0].startswith("-") and key == names[0]:
            at = place._replace(use=Use.DEFAULT)
            if dotted(node.func).rpartition(".")[2].startswith("DEFINE"):
                at = under._replace(use=Use.DEFAULT)
                for a in node.args[1:2]:
                    self._expr(a, at, depth + 1)
            else:
                self._expr(node.args[0], at, depth + 1)
        for keyword in node.keywords:
            if keyword.arg == "default":
                self._expr(keyword.value, at, depth + 1)
            elif keyword.arg in {"choices", "type", "const", "nargs"}:
                self._expr(keyword.value, at._replace(use=Use.CHOICE), depth + 1)

    def _fallback(self, node: ast.Call, last: str, place: Place, depth: int) -> None:
        """`os.getenv("MODEL", "x")`, `settings.get("model", "x")`: the name is the key, the rest its default."""
        position = 1 if last == "getattr" else 0
        key_node = node.args[position] if len(node.args) > position else None
        key = key_node.value if isinstance(key_node, ast.Constant) and isinstance(key_node.value, str) else ""
        row = lookup(key, place.parents[-1:]) if key else None
        inner = keyed(key, place) if row is not None else place
        rest = list(node.args[position + 1 :]) + [k.value for k in node.keywords if k.arg in {"default", "cast"}]
        for argument in rest:
            self._expr(argument, inner._replace(use=Use.DEFAULT), depth + 1)

    def _shell(self, node: ast.Call, depth: int) -> None:
        """Command lines in `subprocess`, `os.system` and builders of images."""
        for argument in node.args:
            if isinstance(argument, ast.List | ast.Tuple):
                self._words(argument)
                continue
            if isinstance(argument, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Name):
                values = evaluate(self._module, argument, self._statement)
                for value in values or sketched(self._module, argument, self._statement):
                    self._found.append(
                        Sighting(value, Context(text=True), dotted(node.func), Use.LOAD, command=True)
                    )
                continue
            self._expr(argument, Place(use=Use.LOAD), depth + 1)
        for keyword in node.keywords:
            self._expr(keyword.value, keyed(keyword.arg or "", Place(use=Use.LOAD)), depth + 1)

    def _words(self, node: ast.List | ast.Tuple) -> None:
        before = ""
        for child in node.elts:
            values = evaluate(self._module, child, self._statement)
            if not values:
                before = ""
                continue
            text = values[0].text
            if before.startswith("-"):
                row = lookup(before)
                if row is not None:
                    for value in values:
                        self._found.append(
                            Sighting(value, Context(row.kind, sure=row.sure, key=before), before, Use.LOAD)
                        )
                    before = ""
                    continue
            if "=" in text and text.startswith("-"):
                self._found.append(Sighting(values[0], Context(text=True), "", Use.LOAD, command=True))
            else:
                for value in values:
                    self._found.append(Sighting(value, Context(), "", Use.LOAD, command=" " in text.strip()))
            before = text

    def _path(self, node: ast.Call, place: Place, depth: int) -> None:
        if place.muted:
            return
        values = evaluate(self._module, node, self._statement)
        for value in values:
            self._found.append(Sighting(value, place.context, place.symbol, place.use, place.attributes))
        if not values:
            for argument in node.args:
                self._expr(argument, place, depth + 1)


def _of_hub(chain: str, imports: dict[str, str], node: ast.Call) -> bool:
    """Tell whether a data set is read from the Hub, and not by a method of the project's own or of a model."""
    owner, _, method = chain.rpartition(".")
    origin = imports.get((owner or chain).partition(".")[0])
    if (origin or "").partition(".")[0] in _READERS or (origin is None and not owner):
        return True
    if method == "push_to_hub" and _LEARNT.search(owner):
        return False
    first = node.args[0] if node.args else None
    return not (isinstance(first, ast.Constant) and isinstance(first.value, str) and "/" not in first.value)


def _with(context: Context, client: Client) -> Context:
    kind = client.local_kind or ("hosted" if context.kind == "model" else context.kind)
    return context._replace(kind=kind, sure=True, provider=client.provider, host=client.host)


def _merged(attributes: tuple[tuple[str, str], ...], client: Client) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**dict(client.attributes), **dict(attributes)}.items()))
