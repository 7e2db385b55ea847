"""What stands directly before a place in code, read from right to left.

A pattern that ends with the end of the text is tried at every byte of the window before it; reading backwards
costs the length of what is found. All functions take code whose blanks at the end are stripped, and answer as
the pattern in their docstring does by its leftmost match.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "assigned",
    "braced_type",
    "callee",
    "compared",
    "default_operator",
    "imported",
    "key",
    "label",
    "qualified_type",
    "quoted_key",
    "typed",
    "word",
]

_BLANK: Final = b" \t\n\r\f\v"
_WORD: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_NAME: Final = _WORD + b"$"
_DASHED: Final = _NAME + b"-"
_DOTTED: Final = _NAME + b"."
_CHAINED: Final = _DASHED + b"."
_PATH: Final = _WORD + b".:"
_TYPED_BYTES: Final = _NAME + b"<>[].&'" + _BLANK
_STATEMENT: Final = bytes(set(range(256)) - set(b"=;,(){}"))
_LAST: Final = frozenset(bytes([byte]) for byte in _WORD)
_NAMED: Final = _LAST | {b"$"}
_INSIDE: Final = bytes(set(range(256)) - set(b"<>()"))
_IMPORT_ENDS: Final = frozenset(b"mteg(")
_IMPORT: Final = re.compile(rb"\b(?:from|import|require|require_relative|use|include|package|using)\Z")
_LONGEST_WORD: Final = 20
_TESTS: Final = tuple(
    f".{name}(".encode()
    for name in (
        "includes startsWith endsWith indexOf equals contains hasPrefix HasPrefix Contains starts_with EqualFold "
        "test match"
    ).split()
)
_CASE: Final = re.compile(rb"\b(?:case|when)\Z")
_ASSIGN: Final = re.compile(rb"([\w$][\w$.\-]*)\s*[?!]?\s*(?::\s*[^=;,(){}\n]*)?(?<![=!<>])(?::?=)\s*(?:\{\s*)?\Z")
_TYPED: Final = re.compile(
    rb"(?<![\w$])(?!(?:export|const|let|var|static|readonly|public|private|protected|final|declare|return)\b)"
    rb"([\w$]+)\s+(?:String|string|str|&(?:'static )?str|\[?\]?[\w<>\[\].&' ]+)"
    rb"\s*=\s*(?:&?\[|new\s+\w+\[\]\s*\{|\{)?\s*\Z"
)
_OPENED: Final = re.compile(rb"\s*(?:&?\[|new\s+\w+\[\]\s*\{|\{)?\Z")
_LABEL: Final = re.compile(rb"(\"[^\"\n]{0,80}\"|'[^'\n]{0,80}')\s*[?!]?\s*\Z")
_BEHIND_LABEL: Final = re.compile(rb"\s*[\w\[\]<>.]*\Z")
_TYPE: Final = re.compile(rb"(?:[=(,:{\[]|\breturn)\s*[&*]?([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\Z")
_BRACED: Final = re.compile(rb"\s*(?:&|\*)?(?:\[\]|map\[\w+\])?[\w.\[\]*]+\Z")


def imported(code: bytes) -> bool:
    r"""`(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\(|\brequire_relative|\brequire|\buse|…)\s*\Z`."""
    if not code or code[-1] not in _IMPORT_ENDS:
        return False
    if code[-1] == 0x28:
        before = code[:-1].rstrip()[-_LONGEST_WORD:]
        found = _IMPORT.search(before)
        return found is not None and found.group() in {b"require", b"import"}
    return _IMPORT.search(code[-_LONGEST_WORD:]) is not None


def compared(code: bytes) -> bool:
    r"""`(?:[!=]==?|\bcase|\bwhen|\.(?:includes|startsWith|…)\()\s*\Z`."""
    last = code[-1:]
    if last == b"=":
        return code.endswith((b"==", b"!="))
    if last == b"(":
        return code.endswith(_TESTS)
    return last in {b"e", b"n"} and _CASE.search(code[-_LONGEST_WORD:]) is not None


def quoted_key(code: bytes) -> bool:
    r"""`[\"']\s*:\s*\Z|[\"']\s*\]?\s*=>?\s*\Z`."""
    last = code[-1:]
    if last == b":":
        return code[:-1].rstrip().endswith((b'"', b"'"))
    if last == b"=":
        before = code[:-1].rstrip()
    elif code.endswith(b"=>"):
        before = code[:-2].rstrip()
    else:
        return False
    if before.endswith(b"]"):
        before = before[:-1].rstrip()
    return before.endswith((b'"', b"'"))


def key(code: bytes) -> bytes | None:
    r"""`([\w$][\w$\-]*)\s*[?!]?\s*:\s*\Z`."""
    if code[-1:] != b":":
        return None
    before = code[:-1].rstrip()
    if before[-1:] in {b"?", b"!"}:
        before = before[:-1].rstrip()
    return before[len(before.rstrip(_DASHED)) :].lstrip(b"-") or None


def assigned(code: bytes) -> bytes | None:
    r"""`([\w$][\w$.\-]*)\s*[?!]?\s*(?::\s*[^=;,(){}\n]*)?(?<![=!<>])(?::?=)\s*(?:\{\s*)?\Z`."""
    before = code[:-1].rstrip() if code[-1:] == b"{" else code
    if before[-1:] != b"=":
        return None
    found = _ASSIGN.search(code, len(before[:-1].rstrip(_STATEMENT)))
    return found.group(1) if found else None


def typed(code: bytes) -> bytes | None:
    r"""`([\w$]+)\s+TYPE\s*=\s*(?:&?\[|new\s+\w+\[\]\s*\{|\{)?\s*\Z`, where the name is no keyword."""
    equals = code.rfind(b"=")
    if equals < 0 or not _OPENED.match(code, equals + 1):
        return None
    begin = len(code[:equals].rstrip(_TYPED_BYTES))
    found = _TYPED.search(code, begin) if begin < equals else None
    return found.group(1) if found else None


def label(code: bytes) -> bytes | None:
    r"""`(NAME|QUOTED)\s*[?!]?\s*(?:=>|:=|=|:)\s*(?:await\s+|new\s+|\[?[\w\[\]<>.]*\s*)?\Z`."""
    mark = max(code.rfind(b"="), code.rfind(b":"))
    if mark < 0:
        return None
    arrow = code[mark : mark + 2] == b"=>" and code[mark - 1 : mark] != b":"
    if not _BEHIND_LABEL.match(code, mark + 2 if arrow else mark + 1):
        return None
    before = code[: mark - 1 if code[mark - 1 : mark + 1] == b":=" else mark].rstrip()
    if before[-1:] in {b"?", b"!"}:
        before = before[:-1].rstrip()
    if before[-1:] in {b'"', b"'"}:
        found = _LABEL.search(before, max(0, len(before) - 82))
        return found.group(1) if found else None
    return before[len(before.rstrip(_CHAINED)) :].lstrip(b".-") or None


def qualified_type(code: bytes) -> bytes | None:
    r"""`(?:[=(,:{\[]|\breturn)\s*[&*]?([A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+)\s*\Z`."""
    if code[-1:] not in _LAST:
        return None
    before = code.rstrip(_PATH)
    path = code[len(before) :]
    if b"." not in path and b"::" not in path:
        return None
    found = _TYPE.search(code, max(0, len(before.rstrip(_BLANK + b"&*")) - len(b"return")))
    return found.group(1) if found else None


def _generic(code: bytes) -> bytes | None:
    r"""What stands before `<[^<>()]*(?:<[^<>()]*>)?[^<>()]*>` at the end, or None."""
    inside = code[:-1].rstrip(_INSIDE)
    if inside.endswith(b">"):
        inner = inside[:-1].rstrip(_INSIDE)
        if not inner.endswith(b"<"):
            return None
        inside = inner[:-1].rstrip(_INSIDE)
    return inside[:-1].rstrip() if inside.endswith(b"<") else None


def callee(code: bytes) -> bytes | None:
    r"""`((?:new\s+)?[\w$]+(?:\s*(?:\?\.|\.|::|->)\s*[\w$]+)*!?)\s*(?:<GENERIC>)?\s*\Z`, spelled without blanks."""
    if code[-1:] == b">":
        generic = _generic(code)
        if generic is None:
            return None
        code = generic
    if code[-1:] == b"!":
        code = code[:-1]
    parts: list[bytes] = []
    while True:
        before = code.rstrip(_NAME)
        name = code[len(before) :]
        if not name:
            break
        parts.append(name)
        code = before.rstrip()
        if code[-1:] == b".":
            mark = code[-2:] if code[-2:] == b"?." else b"."
        elif code[-2:] in {b"::", b"->"}:
            mark = code[-2:]
        else:
            break
        following = code[: -len(mark)].rstrip()
        if following[-1:] not in _NAMED:
            break
        parts.append(b"." if mark == b"?." else mark)
        code = following
    parts.reverse()
    return b"".join(parts) or None


def default_operator(code: bytes) -> int:
    r"""Length of `(?:\?\?=?|\|\|=?|\?:)\s*\Z`, or 0."""
    if code[-2:] in {b"??", b"||", b"?:"}:
        return 2
    return 3 if code[-3:] in {b"??=", b"||="} else 0


def braced_type(code: bytes) -> bytes | None:
    r"""`([\w$]+)\s*(?::=|=)\s*(?:&|\*)?(?:\[\]|map\[\w+\])?[\w.\[\]*]+\s*\Z`."""
    equals = code.rfind(b"=")
    if equals < 0 or not _BRACED.match(code, equals + 1):
        return None
    before = code[: equals - 1 if code[equals - 1 : equals + 1] == b":=" else equals].rstrip()
    return before[len(before.rstrip(_NAME)) :] or None


def word(code: bytes) -> bytes | None:
    r"""`([\w$.]+)\s*\Z`."""
    return code[len(code.rstrip(_DOTTED)) :] or None
