"""Pins in Python: `revision="<commit>"` in the call that loads the model, found by the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from aicheck.fix.edits import Edit, Place, Refused, Text

__all__ = ["PythonFile", "same_but_for"]

# Callables whose keyword `revision` is the revision of the model that they are given.
_TAKES_REVISION: Final = frozenset(
    """
    from_pretrained pipeline snapshot_download hf_hub_download hf_hub_url load_dataset load_dataset_builder
    SentenceTransformer CrossEncoder SparseEncoder LLM EngineArgs AsyncEngineArgs model_info list_repo_files
    file_exists load_lora_weights get_safetensors_metadata parse_safetensors_file_metadata Engine Runtime
    dataset_info
    """.split()
)
# Libraries whose callables of these names hand `revision` on to the Hub; in others the same name may ignore it
# (llama_cpp's `Llama.from_pretrained` does) or fail.
_LIBRARIES: Final = frozenset(
    """
    transformers diffusers peft optimum sentence_transformers huggingface_hub datasets evaluate tokenizers vllm
    sglang setfit span_marker gliner unsloth ctransformers auto_gptq gptqmodel trl adapters tensorrt_llm
    parler_tts
    """.split()
)
_SERVED_BY: Final = {"Engine": frozenset({"sglang"}), "Runtime": frozenset({"sglang"})}
_OTHER_MODELS: Final = frozenset(
    """
    tokenizer processor feature_extractor image_processor config adapter assistant_model draft_model
    tokenizer_path tokenizer_name speculative_model hf_config_path tokenizer_name_or_path
    """.split()
)
_HARMLESS: Final = frozenset("print info debug warning error log format str repr len append".split())
_SIMPLE: Final = re.compile(r"""[uU]?(["'])""")

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_SCOPES: Final = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class PythonFile:
    """One file, parsed once; never run."""

    def __init__(self, source: Text) -> None:
        """Parse the file. Raises `Refused` where it is no Python that this version reads."""
        self.source = source
        self._skip = 1 if source.text.startswith("\ufeff") else 0
        self._text = source.text[self._skip :]
        try:
            self.tree = ast.parse(self._text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Refused("the file does not parse") from None
        # Lines as Python counts them: a lone carriage return ends one as well.
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", self._text))]

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        ahead = self._text[start : start + column]
        if ahead.isascii():
            return self._skip + start + column
        return (
            self._skip
            + start
            + len(self._text[start:].encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))
        )

    def span(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        """Offsets of a node in the file."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _imported(self, place: Place) -> ast.Name | None:
        """The place as the name of a constant of another module (`from settings import MODEL`)."""
        if not place.raw.isidentifier():
            if all(part.isidentifier() for part in place.raw.split(".")):
                raise Refused("the name is an attribute: others may set another model")
            return None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id == place.raw and self.span(node) == (place.start, place.end):
                bound = list(self._bindings(self.tree, node.id))
                constant = len(bound) == 1 and isinstance(self._parents.get(bound[0]), ast.ImportFrom)
                if not constant or not node.id.isupper() or self._hidden(node):
                    raise Refused(f"'{node.id}' is no constant")
                return node
        return None

    def _hidden(self, node: ast.Name) -> bool:
        """Whether a scope between a name and the module binds it as well."""
        scope = self._scope(self._parents[node])
        while not isinstance(scope, ast.Module):
            if self._hides(scope, node.id):
                return True
            scope = self._scope(self._parents[scope])
        return False

    def _constant(self, place: Place) -> ast.Constant:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                start, end = self.span(node)
                if start <= place.start < end:
                    if node.value != place.raw or isinstance(self._parents.get(node), ast.JoinedStr):
                        raise Refused("the name is put together")
                    return node
        raise Refused("the name stands in no string of its own")

    def pins(self, place: Place) -> list[Edit]:
        """Edits that pin the model at a place. Raises `Refused` where that is not safe."""
        node: ast.expr = self._imported(place) or self._constant(place)
        parent = self._parents[node]
        if isinstance(parent, ast.Call) and node in parent.args:
            return self._pin(parent, node, place)
        if isinstance(parent, ast.keyword):
            call = self._parents[parent]
            if isinstance(call, ast.Call):
                return self._pin(call, parent, place)
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
            return self._through(parent.targets[0], place)
        if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
            return self._through(parent.target, place)
        if isinstance(parent, ast.arguments):
            raise Refused("the name is a default: a caller may pass another model")
        if isinstance(parent, ast.Dict | ast.List | ast.Tuple | ast.Set):
            raise Refused("the name stands in a collection: where it is loaded cannot be told")
        if isinstance(parent, ast.IfExp | ast.BoolOp):
            raise Refused("the name is one of several alternatives")
        raise Refused("where it is loaded cannot be told")

    # -- one call ------------------------------------------------------------------------------------------

    def _pin(self, call: ast.Call, argument: ast.expr | ast.keyword, place: Place) -> list[Edit]:
        name = _last(call.func)
        if name not in _TAKES_REVISION:
            raise Refused(f"{name or 'the call'} is not known to take a revision")
        library = self._library(call.func)
        if library is not None and library not in _SERVED_BY.get(name, _LIBRARIES):
            raise Refused(f"{name} of {library or 'this project'} is not known to take a revision")
        if library is None and name in _SERVED_BY:
            raise Refused(f"{name} is not known to take a revision")
        keyword = argument.arg if isinstance(argument, ast.keyword) else None
        if keyword in _OTHER_MODELS:
            raise Refused(f"'{keyword}' has no revision of its own")
        for other in call.keywords:
            if other.arg in _OTHER_MODELS and not _same(other.value, argument):
                raise Refused(f"the call names another model besides ('{other.arg}')")
        held = next((each for each in call.keywords if each.arg == "revision"), None)
        if held is not None:
            return self._replace(held, place)
        if any(each.arg is None for each in call.keywords) or any(
            isinstance(each, ast.Starred) for each in call.args
        ):
            raise Refused("the arguments are unpacked from elsewhere and may hold a revision")
        return [self._insertion(call, argument, place)]

    @cached_property
    def _imports(self) -> dict[str, str]:
        """Names that imports bind, with the library that each comes from ('' = a module of the project)."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    top = each.name.partition(".")[0]
                    found[each.asname or top] = top
            elif isinstance(node, ast.ImportFrom):
                top = "" if node.level else (node.module or "").partition(".")[0]
                found.update((each.asname or each.name, top) for each in node.names)
        return found

    def _library(self, func: ast.expr) -> str | None:
        """The library that a callable is imported from; None where it is no imported name."""
        while isinstance(func, ast.Attribute):
            func = func.value
        return self._imports.get(func.id) if isinstance(func, ast.Name) else None

    def _replace(self, keyword: ast.keyword, place: Place) -> list[Edit]:
        value = keyword.value
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str | None):
            raise Refused("the revision is not written as a string")
        if value.value == place.commit:
            return []
        if (value.value or None) != place.revision:
            raise Refused(f"the revision there is {value.value!r}")
        start, end = self.span(value)
        return [
            Edit(start, end, f'"{place.commit}"' if value.value is None else self._quoted(start, place.commit))
        ]

    def _quoted(self, start: int, commit: str) -> str:
        match = _SIMPLE.match(self.source.text, start)
        quote = match[1] if match else '"'
        return f"{quote}{commit}{quote}"

    def _insertion(self, call: ast.Call, argument: ast.expr | ast.keyword, place: Place) -> Edit:
        # A keyword may not stand before a positional argument.
        last = argument if isinstance(argument, ast.keyword) or not call.args else call.args[-1]
        value = last.value if isinstance(last, ast.keyword) else last
        text = self.source.text
        start, end = self.span(last)
        said = f"revision={self._quoted(self.span(value)[0], place.commit)}"
        line_start, _ = self.source.line_of(start)
        _, line_end = self.source.line_of(end)
        indent = text[line_start:start]
        alone = not indent.strip() and re.fullmatch(r"\s*(,\s*(#.*)?)?", text[end:line_end])
        if alone:
            newline = self.source.newline
            if text[end:line_end].lstrip().startswith(","):
                # The argument keeps its line with its comment; the pin gets its own.
                after = text.find("\n", end) + 1
                return Edit(after, after, f"{indent}{said},{newline}")
            return Edit(end, end, f",{newline}{indent}{said}")
        return Edit(end, end, f", {said}")

    # -- variables -------------------------------------------------------------------------------------------

    def _scope(self, node: ast.AST) -> ast.AST:
        while not isinstance(node, _SCOPES):
            node = self._parents[node]
        return node

    def _through(self, target: ast.Name, place: Place) -> list[Edit]:
        scope = self._scope(target)
        name = target.id
        if isinstance(scope, ast.ClassDef):
            raise Refused("the name is an attribute of a class: others may set another model")
        if sum(1 for held in self._bindings(scope, name)) != 1:
            raise Refused(f"'{name}' is set more than once")
        edits: list[Edit] = []
        calls = 0
        reasons: list[str] = []
        for use in self._uses(scope, name):
            parent = self._parents[use]
            argument: ast.expr | ast.keyword = use
            if isinstance(parent, ast.keyword):
                argument, parent = parent, self._parents[parent]
            if not isinstance(parent, ast.Call) or use is parent.func:
                continue
            if _last(parent.func) in _HARMLESS:
                continue
            try:
                edits += self._pin(parent, argument, place)
                calls += 1
            except Refused as reason:
                reasons.append(f"{reason} (line {use.lineno})")
        if reasons:
            # A model that is pinned here and not there would be two models under one name.
            raise Refused(f"'{name}': {reasons[0]}")
        if not calls:
            raise Refused(f"'{name}' is loaded elsewhere")
        return edits

    def _bindings(self, scope: ast.AST, name: str) -> Iterator[ast.AST]:
        for node in self._inside(scope):
            if self._binds(node, scope, name):
                yield node
        for other in ast.walk(self.tree):
            if isinstance(other, ast.Global | ast.Nonlocal) and name in other.names:
                yield other

    def _binds(self, node: ast.AST, scope: ast.AST, name: str) -> bool:
        match node:
            case ast.Name(id=held, ctx=ast.Store() | ast.Del()):
                return held == name
            case ast.alias(asname=alias, name=module):
                return (alias or module.partition(".")[0]) == name
            case ast.arg(arg=held):
                return held == name and self._scope(node) is scope
            case (
                ast.FunctionDef(name=other)
                | ast.AsyncFunctionDef(name=other)
                | ast.ClassDef(name=other)
                | ast.ExceptHandler(name=other)
                | ast.MatchAs(name=other)
                | ast.MatchStar(name=other)
            ):
                return other == name
        return False

    def _inside(self, scope: ast.AST) -> Iterator[ast.AST]:
        """Nodes of a scope, those of inner scopes left out (their own names included)."""
        pending = list(ast.iter_child_nodes(scope))
        while pending:
            node = pending.pop()
            yield node
            if not isinstance(node, _SCOPES):
                pending.extend(ast.iter_child_nodes(node))
            elif not isinstance(node, ast.Lambda | ast.Module):
                pending.extend(node.decorator_list)

    def _uses(self, scope: ast.AST, name: str) -> Iterator[ast.Name]:
        """Every place where the name of this scope is read, inner scopes included unless they hide it."""
        pending: list[ast.AST] = list(ast.iter_child_nodes(scope))
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node
            if isinstance(node, _SCOPES) and self._hides(node, name):
                continue
            pending.extend(ast.iter_child_nodes(node))

    def _hides(self, scope: ast.AST, name: str) -> bool:
        return any(not isinstance(node, ast.Global | ast.Nonlocal) for node in self._bindings(scope, name))

    # -- options -----------------------------------------------------------------------------------------------

    def without(self, place: Place, option: str) -> list[Edit]:
        """Take a keyword argument that is `True` out of the call that names the model."""
        call, held = self._option(place, option)
        if held is None:
            return []
        if not isinstance(held.value, ast.Constant) or held.value.value is not True:
            raise Refused(f"{option} is not written as True")
        start, end = self.span(held)
        text = self.source.text
        line_start, line_end = self.source.line_of(start)
        comma = re.compile(r"\s*,").match(text, end)
        if not text[line_start:start].strip() and comma and not text[comma.end() : line_end].strip():
            # Alone on its line: the line goes.
            return [Edit(line_start, min(text.find("\n", end) + 1 or len(text), len(text)), "")]
        before = re.compile(r",\s*$").search(text, self.span(call.func)[1], start)
        if before is not None:
            return [Edit(before.start(), end, "")]
        if comma:
            return [Edit(start, comma.end() + (text[comma.end() : comma.end() + 1] == " "), "")]
        return [Edit(start, end, "")]

    def with_option(self, place: Place, option: str) -> list[Edit]:
        """Add `option=True` to a `from_pretrained` that names the model."""
        call, held = self._option(place, option)
        if held is not None or _last(call.func) != "from_pretrained":
            raise Refused(f"{option} is set, or the call does not take it")
        if any(each.arg is None for each in call.keywords):
            raise Refused("the arguments are unpacked from elsewhere")
        given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        end = max(self.span(node)[1] for node in given)
        return [Edit(end, end, f", {option}=True")]

    def _option(self, place: Place, option: str) -> tuple[ast.Call, ast.keyword | None]:
        parent = self._parents[self._constant(place)]
        call = self._parents[parent] if isinstance(parent, ast.keyword) else parent
        if not isinstance(call, ast.Call):
            raise Refused("the call is not where the name is")
        return call, next((each for each in call.keywords if each.arg == option), None)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _same(value: ast.expr, argument: ast.expr | ast.keyword) -> bool:
    other = argument.value if isinstance(argument, ast.keyword) else argument
    if isinstance(value, ast.Constant) and not isinstance(value.value, str):
        return True
    return ast.dump(value) == ast.dump(other)


def same_but_for(before: str, after: str, options: frozenset[str]) -> bool:
    """Whether two sources are the same program apart from these keyword arguments of calls."""

    class Strip(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            node.keywords = [each for each in node.keywords if each.arg not in options]
            return node

    try:
        trees = [Strip().visit(ast.parse(text.removeprefix("\ufeff"))) for text in (before, after)]
    except (SyntaxError, ValueError, RecursionError):
        return False
    for call in (node for node in ast.walk(ast.parse(after.removeprefix("\ufeff"))) if isinstance(node, ast.Call)):
        given = [each.arg for each in call.keywords if each.arg in options]
        if len(given) != len(set(given)):
            return False  # which only the compiler would say
    return ast.dump(trees[0]) == ast.dump(trees[1])
