"""TensorFlow: SavedModel and frozen graphs by their operators, checkpoints by their magic.

Source: `github:tensorflow/tensorflow` saved_model.proto, meta_graph.proto, graph.proto, function.proto and the
table format's footer.
"""

from __future__ import annotations

from typing import Final

from aicheck.core.component import Safety
from aicheck.discover.formats.base import Facts, Window, clean
from aicheck.discover.formats.protobuf import Field, fields, text
from aicheck.errors import SourceError

__all__ = ["is_checkpoint_index", "read_graph"]

_TABLE_MAGIC: Final = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_RISKY: Final = frozenset({
    "ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "MatchingFiles", "Save", "SaveV2",
    "ShardedFilename", "PrintV2", "DebugIdentityV2", "ImmutableConst", "TextFileReaderV2",
})  # fmt: skip
_REPORTED: Final = _RISKY - {"Save", "SaveV2", "ShardedFilename"}
"""Every SavedModel carries its own saver; the others are reported."""
_MAX_NODES: Final = 1_000_000


def is_checkpoint_index(window: Window) -> bool:
    """Whether the file ends with the footer of a checkpoint's index table."""
    return window.size >= 48 and window.read_at(window.size - 8, 8) == _TABLE_MAGIC


class _Graph:
    def __init__(self) -> None:
        self.operators: set[str] = set()
        self.nodes = 0
        self.version = ""


def read_graph(window: Window, name: str) -> Facts:
    """Facts of `saved_model.pb`, a `.meta` or a frozen `.pb`; loading a graph runs its operators."""
    graph = _Graph()
    saved = name.startswith("saved_model")
    try:
        if saved:
            for field in fields(window, limit=1000):
                if field.delimited and field.number == 2:
                    _meta_graph(window, field, graph)
        elif name.endswith(".meta"):
            _meta_graph(window, Field(0, 0, 0, window.size, delimited=True), graph)
        else:
            _graph_def(window, Field(0, 0, 0, window.size, delimited=True), graph)
    except SourceError:
        if not graph.operators:
            raise
    if not graph.operators:
        raise SourceError("not a TensorFlow graph: it has no operators")
    attributes = {"operators": str(len(graph.operators))}
    if graph.version:
        attributes["producer"] = f"tensorflow {graph.version}"
    risky = sorted(graph.operators & _REPORTED)
    if risky:
        attributes["dangerous_operators"] = ",".join(risky)
    kind = "tensorflow-savedmodel" if saved else "tensorflow-graph"
    return Facts(kind, Safety.EXECUTABLE, attributes)


def _meta_graph(window: Window, meta: Field, graph: _Graph) -> None:
    for field in fields(window, meta.start, meta.end, limit=100_000):
        if not field.delimited:
            continue
        if field.number == 1:
            for info in fields(window, field.start, field.end, limit=10_000):
                if info.delimited and info.number == 5:
                    graph.version = clean(text(window, info, 60), 40)
        elif field.number == 2:
            _graph_def(window, field, graph)


def _graph_def(window: Window, message: Field, graph: _Graph) -> None:
    for field in fields(window, message.start, message.end):
        if field.delimited and field.number == 1:
            _node(window, field, graph)
        elif field.delimited and field.number == 2:
            for function in fields(window, field.start, field.end):
                if function.delimited and function.number == 1:
                    for node in fields(window, function.start, function.end):
                        if node.delimited and node.number == 3:
                            _node(window, node, graph)


def _node(window: Window, node: Field, graph: _Graph) -> None:
    graph.nodes += 1
    if graph.nodes > _MAX_NODES:
        raise SourceError(f"a graph of more than {_MAX_NODES} nodes is not read")
    for field in fields(window, node.start, node.end, limit=10_000):
        if field.delimited and field.number == 2:
            operator = text(window, field, 80)
            if operator.isidentifier() or operator.replace(">", "").replace(".", "").isidentifier():
                graph.operators.add(operator)
            return
