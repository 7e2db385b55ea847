"""Pickles by their opcodes, never unpickled: which globals loading would import, and which of them are dangerous.

A pickle is a program. What it can do is decided by the callables that it names, and those stand in the opcodes
GLOBAL, INST and STACK_GLOBAL. A stream that breaks off after its payload still runs it, so what was seen before
a broken place is kept and the break is said.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickletools
import re
import zlib
from dataclasses import dataclass, field
from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats.base import Facts, Window, clean
from aicheck.errors import SourceError
from aicheck.knowledge.pickle_globals import pickle_globals

__all__ = ["Globals", "facts_of", "is_dangerous", "is_expected", "looks_like", "read", "scan"]

_MAX_READ: Final = 64 << 20
_MAX_OPCODES: Final = 2_000_000
_MAX_STREAMS: Final = 32
_MAX_GLOBALS: Final = 2000
_SHOWN: Final = 40
_LEGACY_TORCH_MAGIC: Final = 0x1950A86A20F9469CFC6C

_BUILTIN_MODULES: Final = frozenset({"__builtin__", "__builtins__"})


@dataclass(slots=True)
class Globals:
    """What the opcodes of one or more pickles name."""

    names: set[str] = field(default_factory=set)
    """`module.name`; `?` where a part is computed at load time."""
    legacy_torch: bool = False
    arrays: bool = False
    """joblib's wrapper of raw array bytes was seen."""
    streams: int = 0
    broken: str | None = None
    """Why the analysis stopped early."""

    def merge(self, other: Globals) -> None:
        """Add what another pickle of the same file names."""
        self.names |= other.names
        self.legacy_torch |= other.legacy_torch
        self.arrays |= other.arrays
        self.streams += other.streams
        self.broken = self.broken or other.broken


def looks_like(head: bytes) -> bool:
    """Whether the first bytes are a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def is_dangerous(name: str) -> bool:
    """Whether a global that a pickle names can run code, load code, reach files or the network."""
    rows = pickle_globals()
    module, _, attribute = name.partition(".")
    if module in _BUILTIN_MODULES:
        name = f"builtins.{attribute}"
    return (
        module in rows.dangerous_modules
        or name in rows.dangerous_names
        or "?" in name  # computed while loading
        or "__" in attribute.strip("_")  # a walk over attributes: `x.__class__.__base__`
        or not rows.dangerous_parts.isdisjoint(attribute.split("."))  # `torch.serialization.os.system`
    )


def is_expected(name: str) -> bool:
    """Whether a global is one that honest weights commonly name."""
    rows = pickle_globals()
    plain = re.sub(r"^__builtin__\.", "builtins.", name)
    return plain in rows.expected_names or plain.startswith(rows.expected_prefixes)


def scan(data: bytes) -> Globals:
    """Walk all pickles that follow each other in `data`; never raises, never runs anything."""
    found = Globals()
    stream = io.BytesIO(data)
    budget = _MAX_OPCODES
    while found.streams < _MAX_STREAMS and stream.tell() < len(data):
        start = stream.tell()
        if found.streams and found.legacy_torch and found.streams >= 5:
            break
        used, error = _walk(stream, found, budget)
        budget -= used
        if error is not None:
            if found.streams == 0 or used > 1:
                found.broken = f"the pickle cannot be followed beyond byte {stream.tell()}: {clean(error, 120)}"
                _scan_rest(data, start, found)
            break
        found.streams += 1
    return found


def _walk(stream: io.BytesIO, found: Globals, budget: int) -> tuple[int, str | None]:
    """One pickle: (opcodes used, why it broke off)."""
    strings: list[str | None] = []
    memo: dict[int, str | None] = {}
    used = 0
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            used += 1
            if used > budget:
                return used, "more opcodes than are analysed"
            name = opcode.name
            if name in {"GLOBAL", "INST"}:
                named, _, member = str(argument).partition(" ")
                _add(found, named, member)
                strings.append(None)
            elif name == "STACK_GLOBAL":
                pair = strings[-2:]
                module, attribute = ([None, *pair] if len(pair) < 2 else pair)[-2:]
                _add(found, module, attribute)
                strings.append(None)
            elif name in _MEMO_PUT:
                key = len(memo) if name == "MEMOIZE" else int(str(argument))
                memo[key] = strings[-1] if strings else None
            elif name in _MEMO_GET:
                strings.append(memo.get(int(str(argument))))
            elif isinstance(argument, str) and "UNICODE" in name:
                strings.append(argument)
            elif isinstance(argument, str | bytes) and "STRING" in name:
                strings.append(argument if isinstance(argument, str) else argument.decode("latin-1"))
            elif name in {"LONG1", "LONG"} and argument == _LEGACY_TORCH_MAGIC:
                found.legacy_torch = True
            elif name not in _NEUTRAL:
                strings.append(None)
            if len(strings) > 1 << 12:
                del strings[: 1 << 11]
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError, AttributeError) as error:
        return used, str(error) or type(error).__name__
    return used, None


_MEMO_PUT: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_MEMO_GET: Final = frozenset({"GET", "BINGET", "LONG_BINGET"})
_NEUTRAL: Final = frozenset({"PROTO", "FRAME"})


def _add(found: Globals, module: str | None, attribute: str | None) -> None:
    name = f"{clean(module, 200) if module else '?'}.{clean(attribute, 200) if attribute else '?'}"
    if name.startswith("joblib.numpy_pickle.NumpyArrayWrapper"):
        found.arrays = True
    if len(found.names) < _MAX_GLOBALS:
        found.names.add(name)
    elif is_dangerous(name):
        found.names.add(name)
        found.broken = found.broken or "more globals than are kept"


_GLOBAL_TEXT: Final = re.compile(rb"[ci]([A-Za-z_][\w.]{0,80})\n([A-Za-z_][\w.]{0,80})\n")
_GLOBAL_STACK: Final = re.compile(
    rb"\x8c([\x01-\x50])([A-Za-z_][\w.]{0,79})\x94?\x8c([\x01-\x50])([A-Za-z_][\w.]{0,79})"
)


def _scan_rest(data: bytes, start: int, found: Globals) -> None:
    """Behind a break, look for the bytes of dangerous imports: array bytes may stand between the opcodes."""
    for match in _GLOBAL_TEXT.finditer(data, start):
        name = f"{match[1].decode('ascii')}.{match[2].decode('ascii')}"
        if is_dangerous(name) and len(found.names) < _MAX_GLOBALS:
            found.names.add(name)
    for match in _GLOBAL_STACK.finditer(data, start):
        if match[1][0] <= len(match[2]) and match[3][0] <= len(match[4]):
            name = f"{match[2][: match[1][0]].decode('ascii')}.{match[4][: match[3][0]].decode('ascii')}"
            if match[1][0] == len(match[2]) and is_dangerous(name) and len(found.names) < _MAX_GLOBALS:
                found.names.add(name)


def facts_of(kind: str, found: Globals, attributes: dict[str, str] | None = None, *, cut: bool = False) -> Facts:
    """Facts of a file whose pickles name `found`; executable whatever they name."""
    dangerous = sorted(name for name in found.names if is_dangerous(name))
    unusual = sorted(name for name in found.names if not is_dangerous(name) and not is_expected(name))
    described = dict(attributes or {})
    described["imports"] = ",".join(sorted(found.names)[:_SHOWN])
    if dangerous:
        described["dangerous_imports"] = ",".join(dangerous[:_SHOWN])
    if unusual:
        described["unusual_imports"] = ",".join(unusual[:_SHOWN])
    unseen = [found.broken] if found.broken else []
    if cut:
        unseen.append(f"only the first {_MAX_READ >> 20} MiB of its pickle data were analysed")
    return Facts(
        kind, Safety.EXECUTABLE, {key: value for key, value in described.items() if value}, (), tuple(unseen)
    )


_COMPRESSIONS: Final = (
    ("zlib", b"\x78"),
    ("gzip", b"\x1f\x8b"),
    ("bz2", b"BZh"),
    ("xz", b"\xfd7zXZ"),
    ("lzma", b"]\0"),
)


def read(window: Window) -> Facts:
    """Analyse a file that is one or more pickles, possibly compressed as joblib does it."""
    data = window.read_at(0, min(window.size, _MAX_READ))
    cut = window.size > len(data)
    compression = ""
    for name, magic in (
        ("zlib", b"\x78"),
        ("gzip", b"\x1f\x8b"),
        ("bz2", b"BZh"),
        ("xz", b"\xfd7zXZ"),
        ("lzma", b"]\0"),
    ):
        if data.startswith(magic):
            data, cut = _unpacked(name, data)
            compression = name
            break
    found = scan(data)
    if found.streams == 0 and not found.names:
        raise SourceError("not a pickle: " + (found.broken or "no opcodes"))
    kind = "pytorch-pickle" if found.legacy_torch else "joblib" if found.arrays else "pickle"
    return facts_of(kind, found, {"compression": compression} if compression else None, cut=cut)


def _unpacked(name: str, data: bytes) -> tuple[bytes, bool]:
    """At most `_MAX_READ` unpacked bytes, and whether there are more."""
    try:
        if name == "zlib":
            machine = zlib.decompressobj()
            plain = machine.decompress(data, _MAX_READ)
            return plain, bool(machine.unconsumed_tail)
        raw = io.BytesIO(data)
        stream: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
        if name == "gzip":
            stream = gzip.GzipFile(fileobj=raw)
        else:
            stream = bz2.BZ2File(raw) if name == "bz2" else lzma.LZMAFile(raw)  # noqa: SIM115 - closed with its bytes
        plain = stream.read(_MAX_READ)
        return plain, len(plain) == _MAX_READ
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise SourceError(f"cannot be unpacked as {name}: {clean(error, 120)}") from None
