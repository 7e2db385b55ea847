"""Reading backwards answers as the pattern of each docstring does."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicheck.discover import backwards

_CALLEE = re.compile(
    rb"((?:new\s+)?[\w$][\w$]*(?:\s*(?:\?\.|\.|::|->)\s*[\w$]+)*!?)\s*(?:<[^<>()]*(?:<[^<>()]*>)?[^<>()]*>)?\s*\Z"
)
_BLANKS = re.compile(rb"\s+|!")
_NEW = re.compile(rb"\Anew\s+")


def _callee(code: bytes) -> bytes | None:
    found = _CALLEE.search(code)
    return _BLANKS.sub(b"", _NEW.sub(b"", found.group(1))).replace(b"?.", b".") if found else None


def _group(pattern: bytes) -> Callable[[bytes], bytes | None]:
    compiled = re.compile(pattern)

    def search(code: bytes) -> bytes | None:
        found = compiled.search(code)
        return found.group(1) if found else None

    return search


def _told(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern)
    return lambda code: compiled.search(code) is not None


def _operator(code: bytes) -> int:
    found = re.search(rb"(?:\?\?=?|\|\|=?|\?:)\s*\Z", code)
    return len(code) - found.start() if found else 0


_ORACLES: dict[str, Callable[[bytes], object]] = {
    "callee": _callee,
    "label": _group(
        rb"([\w$][\w$.\-]*|\"[^\"\n]{0,80}\"|'[^'\n]{0,80}')\s*[?!]?\s*(?:=>|:=|=|:)\s*"
        rb"(?:await\s+|new\s+|\[?[\w\[\]<>.]*\s*)?\Z"
    ),
    "key": _group(rb"([\w$][\w$\-]*)\s*[?!]?\s*:\s*\Z"),
    "quoted_key": _told(rb"[\"']\s*:\s*\Z|[\"']\s*\]?\s*=>?\s*\Z"),
    "assigned": _group(rb"([\w$][\w$.\-]*)\s*[?!]?\s*(?::\s*[^=;,(){}\n]*)?(?<![=!<>])(?::?=)\s*(?:\{\s*)?\Z"),
    "typed": _group(
        rb"(?<![\w$])(?!(?:export|const|let|var|static|readonly|public|private|protected|final|declare|return)\b)"
        rb"([\w$]+)\s+(?:String|string|str|&(?:'static )?str|\[?\]?[\w<>\[\].&' ]+)"
        rb"\s*=\s*(?:&?\[|new\s+\w+\[\]\s*\{|\{)?\s*\Z"
    ),
    "qualified_type": _group(rb"(?:[=(,:{\[]|\breturn)\s*[&*]?([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\s*\Z"),
    "braced_type": _group(rb"([\w$]+)\s*(?::=|=)\s*(?:&|\*)?(?:\[\]|map\[\w+\])?[\w.\[\]*]+\s*\Z"),
    "word": _group(rb"([\w$.]+)\s*\Z"),
    "compared": _told(
        rb"(?:[!=]==?|\bcase|\bwhen|\.(?:includes|startsWith|endsWith|indexOf|equals|contains|hasPrefix|HasPrefix|"
        rb"Contains|starts_with|EqualFold|test|match)\()\s*\Z"
    ),
    "imported": _told(
        rb"(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\(|\brequire_relative|\brequire|\buse|\binclude|\bpackage|"
        rb"\busing)\s*\Z"
    ),
    "default_operator": _operator,
}
_PIECES = (
    "new case when from import require use using return const export let static String string str & &'static "
    "a model modelName x1 $v _ Foo pkg.Type a::b map[string] []string ModelName? y! .includes( .test( HasPrefix "
    ". ?. :: -> => := = == != === : ? ?? ??= || ||= ?: ! ( ) [ ] { } < > , ; \" ' - * \n "
).split(" ")
_CODE = st.lists(st.sampled_from([*_PIECES, " ", " ", "\n", "é"]), max_size=24).map(
    lambda parts: "".join(parts).encode()
)


@pytest.mark.parametrize("name", sorted(_ORACLES))
def test_answers_as_its_pattern(name: str) -> None:
    read, oracle = getattr(backwards, name), _ORACLES[name]

    @settings(max_examples=400)
    @given(_CODE)
    @example(b"ChatModel<List<String>, Map>")
    @example(b"renew Client\n  .builder()\n  ?. model!")
    @example(b'"model" : [')
    @example(b"const MODELS: Record<string, string> =")
    @example(b"String[] names = new String[] {")
    @example(b"x => ")
    @example(b"return openai.ChatRequest")
    def check(code: bytes) -> None:
        stripped = code.rstrip()
        assert (read(stripped) or None) == (oracle(stripped) or None)
        assert (oracle(stripped) or None) == (
            oracle(code[: len(stripped)] + b" \n") or None
        ) or name == "default_operator"

    check()
