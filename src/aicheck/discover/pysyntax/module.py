"""One Python file as far as it was needed: statements parsed on demand, names followed to their values."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from aicheck.discover.pysyntax.lex import MAX_STATEMENT, Layout, layout, parse_statement
from aicheck.discover.source import SourceFile

__all__ = ["Block", "Module", "Statement", "module_of"]

_IMPORT: Final = re.compile(
    rb"(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#(]+)|import[ \t]+([^\n#]+))"
)
_GIVEN: Final = re.compile(rb"[ \t]*(?::[^=\n]{1,200})?=(?!=)")
"""What follows a name that is given a value."""
_BLOCK: Final = re.compile(rb"(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_LOOP: Final = re.compile(rb"(?:async[ \t]+)?for[ \t]{1,8}([\w, ()]{1,120}?)[ \t]{1,8}in[ \t]")
_LETTER: Final = re.compile(rb"\w")
_MAX_INDENT: Final = 200
_MAX_CALLS: Final = 24
_MANY: Final = 100
"""Names asked for in one file, from which on it is read once for all names instead of once for each."""
_OPENS: Final = re.compile(rb"[ \t]*+\(")
_CALL: Final = re.compile(rb"(?<!\w)(\w++)[ \t]*+\(")
_FIRST_WORD: Final = re.compile(rb"(?m)^[ \t]{0,199}+([\w.\x80-\xff]++)")
_BLANKS: Final = frozenset(b"\n \t")
_WORDS: Final = rb"(?:from|import|def|class|async|for)(?=[ \t])"
_FIRST: Final = re.compile(rb"([ \t]{0,200}+)" + _WORDS)
_HEAD: Final = re.compile(rb"\n([ \t]{0,199}+)" + _WORDS)
"""A line that begins as imports, definitions and loops do."""


class Statement(NamedTuple):
    """A parsed logical line."""

    start: int
    """Byte offset of its first line."""
    shift: int
    """The number that the nodes give their first line."""
    body: tuple[ast.stmt, ...]


class Block(NamedTuple):
    """The header of a function or class."""

    start: int
    indent: int
    kind: str
    name: str


class Module:
    """What is known of one file; every answer is computed once."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.data = source.data
        self.layout: Layout = layout(source)
        self._statements: dict[int, Statement] = {}
        self._around: dict[int, list[Block]] = {}
        self._generators: dict[int, list[ast.comprehension]] = {}
        self._assigned: dict[str, list[tuple[int, int]]] = {}
        self._asked: set[bytes] = set()
        self._passed: dict[tuple[int, str], list[tuple[ast.expr, Statement]]] = {}

    def statement(self, offset: int) -> Statement:
        """Return the parsed statement around a byte offset."""
        start, end = self.layout.statement_at(offset)
        known = self._statements.get(start)
        if known is None:
            if end - start > MAX_STATEMENT:
                self.source.leave(f"a statement of more than {MAX_STATEMENT >> 20} MiB was not parsed")
            body, one = parse_statement(self.data[start:end].decode("utf-8", "replace").removeprefix("\ufeff"))
            known = self._statements[start] = Statement(start, one, tuple(body))
        return known

    def line(self, statement: Statement, number: int) -> int:
        """Line in the file of what nodes of a statement give as theirs; few are ever asked for."""
        return self.source.line_of(statement.start) - statement.shift + number

    @cached_property
    def _heads(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]]]:
        """(byte offset of the word, indentation) of lines that begin as imports, as definitions and as loops do.

        One pass for all three: it goes from line break to line break, where a search for each word stops at
        every place that the word stands at.
        """
        data = self.data
        imports: list[tuple[int, int]] = []
        definitions: list[tuple[int, int]] = []
        loops: list[tuple[int, int]] = []
        lists = {b"fr": (imports,), b"im": (imports,), b"de": (definitions,), b"cl": (definitions,),
                 b"as": (definitions, loops), b"fo": (loops,)}  # fmt: skip
        first = _FIRST.match(data)
        for found in (*((first,) if first else ()), *_HEAD.finditer(data)):
            begin, end = found.span(1)
            for one in lists[data[end : end + 2]]:
                one.append((end, end - begin))
        return imports, definitions, loops

    @cached_property
    def imports(self) -> dict[str, str]:
        """Local name to dotted module path (`np` → `numpy`, `OpenAI` → `openai.OpenAI`)."""
        names: dict[str, str] = {}
        for start, _ in self._heads[0]:
            found = _IMPORT.match(self.data, start)
            if found is None:
                continue
            module, listed, plain = found.groups()
            if plain is not None:
                for part in plain.decode("utf-8", "replace").split(","):
                    words = part.split()
                    if len(words) >= 3 and words[1] == "as":
                        names[words[2]] = words[0]
                    elif words:
                        names[words[0].partition(".")[0]] = words[0].partition(".")[0]
                        names.setdefault("." + words[0], words[0])
                continue
            base = module.decode("utf-8", "replace")
            text = re.sub(r"#[^\n]*", "", listed.decode("utf-8", "replace").strip("() \t\r\n"))
            for part in text.replace("\\", " ").split(","):
                words = part.split()
                if words:
                    local = words[2] if len(words) >= 3 and words[1] == "as" else words[0]
                    names[local] = f"{base}.{words[0]}" if not base.endswith(".") else f"{base}{words[0]}"
        return names

    @cached_property
    def modules(self) -> frozenset[str]:
        """Top-level names of the modules that the file imports."""
        return frozenset(path.partition(".")[0] for path in self.imports.values())

    def assigned(self, name: str) -> list[tuple[int, int]]:
        """Return (byte offset, indentation) of the statements that give `name` (`x`, `self.x`) a value."""
        known = self._assigned.get(name)
        if known is None:
            word = name.encode("utf-8", "replace")
            # A file that asks for thousands of names is read once for all of them.
            lines = (
                self._first_words.get(word, []) if len(self._assigned) > _MANY else _lines_with(self.data, word)
            )
            known = self._assigned[name] = [
                (start, indent)
                for start, indent in lines
                if _GIVEN.match(self.data, start + len(word)) and self.layout.text_at(start) is None
            ]
        return known

    @cached_property
    def _first_words(self) -> dict[bytes, list[tuple[int, int]]]:
        words: dict[bytes, list[tuple[int, int]]] = {}
        for found in _FIRST_WORD.finditer(self.data):
            words.setdefault(found.group(1), []).append((found.start(1), found.start(1) - found.start()))
        return words

    @cached_property
    def blocks(self) -> list[Block]:
        """Headers of functions and classes, in order."""
        return [
            Block(found.start(1), indent, found.group(1).decode(), found.group(2).decode("utf-8", "replace"))
            for start, indent in self._heads[1]
            if (found := _BLOCK.match(self.data, start)) and self.layout.text_at(start) is None
        ]

    def around(self, offset: int) -> list[Block]:
        """Return the functions and classes around a byte offset, innermost first."""
        start = self.layout.statement_at(offset)[0]
        known = self._around.get(start)
        if known is not None:
            return known
        line = self.data[start : start + 400]
        indent = len(line) - len(line.lstrip(b" \t"))
        found = self._around[start] = []
        outer = self._outer
        at = bisect_left(self._block_starts, start) - 1
        while at >= 0 and indent:
            block = self.blocks[at]
            if block.indent < indent:
                found.append(block)
                indent = block.indent
            at = outer[at]
        return found

    @cached_property
    def _block_starts(self) -> list[int]:
        return [block.start for block in self.blocks]

    @cached_property
    def _outer(self) -> list[int]:
        """For each block the number of the last one before it that is indented less; -1 = none."""
        above: list[int] = []
        result: list[int] = []
        for number, block in enumerate(self.blocks):
            while above and self.blocks[above[-1]].indent >= block.indent:
                above.pop()
            result.append(above[-1] if above else -1)
            above.append(number)
        return result

    def bindings(self, name: str, offset: int) -> list[ast.expr | None]:
        """Return the expressions that `name` may stand for at a byte offset, nearest first.

        None stands for a parameter without a default.
        """
        return [node for node, _ in self.located_bindings(name, offset)]

    def located_bindings(self, name: str, offset: int) -> list[tuple[ast.expr | None, Statement]]:
        """As `bindings`, each with the statement that it stands in."""
        around = self.around(offset)
        function = next((block for block in around if block.kind == "def"), None)
        places = self.assigned(name)
        if "." in name:
            plain = name.partition(".")[2]
            owner = next((block for block in around if block.kind == "class"), None)
            end = self._end(bisect_left(self._block_starts, owner.start)) if owner is not None else len(self.data)
            own = (_between(places, owner.start, end) if owner is not None else places)[:3]
            own += [place for place in self._below(owner, places) if place not in own] if owner else []
            inner = _between(self.assigned(plain), owner.start, end) if owner is not None else []
            level = [
                place
                for place in inner
                if owner is not None and place[1] > owner.indent and self._class_level(place, owner)
            ]
            return self._values(own + level[:1], name) + self._values(level[:1], plain)
        if function is not None:
            between = _between(places, function.start, offset)
            local = [place for place in between if place[1] > function.indent]
            if local:
                # Parameters and arguments on lines of their own look like assignments.
                body = self.layout.statement_at(function.start)[1]
                found = self._values([place for place in reversed(local) if place[0] >= body][:6], name)[:3]
                if found:
                    return found
            for block in around:
                if block.kind == "def":
                    header = self.statement(block.start)
                    default = _parameter(header, name)
                    if default is not _ABSENT:
                        return [(default, header)]
            enclosing = [place for place in places if place[1] == 0]
            return self._values(_nearest(enclosing, offset), name)
        class_block = next((block for block in around if block.kind == "class"), None)
        if class_block is not None:
            inside = [p for p in _between(places, class_block.start, offset) if p[1] > class_block.indent]
            if inside:
                return self._values(inside[-1:], name)
        return self._values(_nearest([place for place in places if place[1] == 0] or places, offset), name)

    def _below(self, owner: Block, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those of the places that stand in classes made from `owner`."""
        spans = [
            (block.start, self._end(number))
            for number in self._made_from.get(owner.name, ())
            if (block := self.blocks[number]).start > owner.start
        ]
        return [place for place in places for start, end in spans if start < place[0] < end][:_MAX_CALLS]

    def _end(self, number: int) -> int:
        """Where the next function or class begins that does not stand in this one."""
        indent = self.blocks[number].indent
        after = (other.start for other in islice(self.blocks, number + 1, None) if other.indent <= indent)
        return next(after, len(self.data))

    @cached_property
    def _made_from(self) -> dict[str, list[int]]:
        """The numbers of the classes that are made from one of a name."""
        made: dict[str, list[int]] = {}
        for number, block in enumerate(self.blocks):
            header = self.statement(block.start).body[:1] if block.kind == "class" else ()
            for node in header:
                if isinstance(node, ast.ClassDef):
                    for name in {_spelled(base).rpartition(".")[2] for base in node.bases}:
                        made.setdefault(name, []).append(number)
        return made

    @cached_property
    def _loop_heads(self) -> dict[str, list[int]]:
        """Where the loops begin that set a name, in order."""
        heads: dict[str, list[int]] = {}
        for start, _ in self._heads[2]:
            if (found := _LOOP.match(self.data, start)) and self.layout.text_at(start) is None:
                for name in set(re.findall(r"\w+", found.group(1).decode("utf-8", "replace"))):
                    heads.setdefault(name, []).append(start)
        return heads

    def loops(self, name: str, offset: int) -> list[tuple[ast.expr, ast.expr, Statement]]:
        """Return (target, what is looped over, statement) of the loop before `offset` that sets `name`."""
        heads = self._loop_heads.get(name, ())
        result: list[tuple[ast.expr, ast.expr, Statement]] = []
        if not heads:
            return result
        function = next((block for block in self.around(offset) if block.kind == "def"), None)
        at = bisect_left(heads, offset) - 1
        if at >= 0 and (function is None or heads[at] >= function.start):
            statement = self.statement(heads[at])
            result += [
                (node.target, node.iter, statement)
                for node in statement.body
                if isinstance(node, ast.For | ast.AsyncFor)
            ]
        return result

    def generators(self, statement: Statement) -> list[ast.comprehension]:
        """Return what the comprehensions in a statement run over."""
        known = self._generators.get(statement.start)
        if known is None:
            known = self._generators[statement.start] = []
            start, end = self.layout.statement_at(statement.start)
            if self.data.find(b"for", start, end) >= 0:
                known += (
                    generator
                    for part in statement.body
                    for node in ast.walk(part)
                    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
                    for generator in node.generators
                )
        return known

    def _called(self, name: bytes) -> Iterator[int]:
        """Where a name stands before a parenthesis, in order."""
        self._asked.add(name)
        if len(self._asked) > _MANY:
            yield from self._calls_by_name.get(name, ())
            return
        at = self.data.find(name)
        while at >= 0:
            longer = at > 0 and _LETTER.match(self.data, at - 1)
            if not longer and _OPENS.match(self.data, at + len(name)):
                yield at
            at = self.data.find(name, at + len(name))

    @cached_property
    def _calls_by_name(self) -> dict[bytes, list[int]]:
        places: dict[bytes, list[int]] = {}
        for found in _CALL.finditer(self.data):
            places.setdefault(found.group(1), []).append(found.start())
        return places

    def passed(self, header: Statement, name: str) -> list[tuple[ast.expr, Statement]]:
        """Return what this file's calls of the function under `header` give to its parameter `name`."""
        key = (header.start, name)
        known = self._passed.get(key)
        if known is None:
            known = self._passed[key] = []  # a function that calls itself gives nothing new
            known += self._calls(header, name)
        return known

    def _calls(self, header: Statement, name: str) -> list[tuple[ast.expr, Statement]]:
        function = next(iter(header.body), None)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        plain = [argument.arg for argument in function.args.posonlyargs + function.args.args]
        owner = next(iter(self.around(header.start)), None)
        called = function.name
        if owner is not None and owner.kind == "class":
            called = owner.name if function.name == "__init__" else function.name
        if plain[:1] in (["self"], ["cls"]):
            plain = plain[1:]
        result: list[tuple[ast.expr, Statement]] = []
        for start in self._called(called.encode()):
            if start == header.start or self.layout.token_at(start) is not None:
                continue
            statement = self.statement(start)
            for node in (child for item in statement.body for child in ast.walk(item)):
                if not isinstance(node, ast.Call) or _spelled(node.func).rpartition(".")[2] != called:
                    continue
                position = plain.index(name) if name in plain else len(node.args)
                given = [keyword.value for keyword in node.keywords if keyword.arg == name]
                starred = any(isinstance(argument, ast.Starred) for argument in node.args[: position + 1])
                if not given and position < len(node.args) and not starred:
                    given = [node.args[position]]
                result += [(value, statement) for value in given if (value, statement) not in result]
            if len(result) >= _MAX_CALLS:
                break
        return result[:_MAX_CALLS]

    def _class_level(self, place: tuple[int, int], owner: Block) -> bool:
        around = self.around(place[0])
        return bool(around) and around[0].start == owner.start

    def class_member(self, name: str, member: str) -> list[tuple[ast.expr | None, Statement]]:
        """Return the value that a class of this file gives to one of its names."""
        for block in self.blocks:
            if block.kind == "class" and block.name == name:
                level = [
                    place
                    for place in self.assigned(member)
                    if place[0] > block.start and self._class_level(place, block)
                ]
                return self._values(level[:1], member)
        return []

    def _values(self, places: list[tuple[int, int]], name: str) -> list[tuple[ast.expr | None, Statement]]:
        result: list[tuple[ast.expr | None, Statement]] = []
        for offset, _ in places:
            statement = self.statement(offset)
            for node in statement.body:
                if isinstance(node, ast.Assign):
                    targets = node.targets
                elif isinstance(node, ast.AnnAssign):
                    targets = [node.target]
                else:
                    continue
                if node.value is not None and any(_spelled(target) == name for target in targets):
                    result.append((node.value, statement))
        return result


def _lines_with(data: bytes, word: bytes) -> list[tuple[int, int]]:
    """Return (byte offset of the word, indentation) of the lines that begin with `word`, in order.

    Plain search: an expression made for each word costs many times as much.
    """
    found: list[tuple[int, int]] = []
    at = data.find(word)
    while at >= 0:
        if not at or data[at - 1] in _BLANKS:
            above = data[max(0, at - _MAX_INDENT) : at]
            rest = above.rstrip(b" \t")
            if rest.endswith(b"\n") or (not rest and at <= _MAX_INDENT):
                found.append((at, len(above) - len(rest)))
        at = data.find(word, at + len(word))
    return found


def _between(places: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Those of the places, which are in order, that lie between two others."""
    return places[bisect_left(places, (start + 1, -1)) : bisect_left(places, (end, -1))]


def _nearest(places: list[tuple[int, int]], offset: int) -> list[tuple[int, int]]:
    before = [place for place in places if place[0] < offset]
    return list(reversed(before))[:3] if before else places[:1]


_ABSENT: Final = ast.Constant(None)


def _parameter(header: Statement, name: str) -> ast.expr | None:
    for node in header.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            plain = arguments.posonlyargs + arguments.args
            offset = len(plain) - len(arguments.defaults)
            for index, argument in enumerate(plain):
                if argument.arg == name:
                    return arguments.defaults[index - offset] if index >= offset else None
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
                if argument.arg == name:
                    return default
    return _ABSENT


def _spelled(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def module_of(source: SourceFile) -> Module:
    """Return the file's module, made once for all detectors."""
    return source.parsed("python-module", Module)
