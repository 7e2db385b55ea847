"""The lineage graph laid out in layers, roots on the left: plain numbers for an SVG, in linear time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aicheck.core.component import Component
from aicheck.report.facts import organization_text
from aicheck.report.terminal import fit

__all__ = ["Graph", "layout"]

_NODES: Final = 160
_WIDTH: Final = 270
_HEIGHT: Final = 46
_GAP_X: Final = 90
_GAP_Y: Final = 14
_MARGIN: Final = 16
_LETTERS: Final = 34
_PASSES: Final = 4


@dataclass(slots=True)
class Node:
    """One box; coordinates in pixels."""

    name: str
    who: str
    title: str
    href: str
    classes: str
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve from parent to child."""

    path: str
    title: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """Everything that the SVG needs."""

    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int
    more: int
    """Models with lineage that are not drawn."""
    node_width: int = _WIDTH
    node_height: int = _HEIGHT


def _layers(names: Sequence[str], parents: Mapping[str, set[str]]) -> dict[str, int]:
    """Longest distance from a root; a cycle (two cards that name each other) ends where it closes."""
    depth: dict[str, int] = {}
    for start in names:
        stack: list[tuple[str, bool]] = [(start, False)]
        open_nodes: set[str] = set()
        while stack:
            name, done = stack.pop()
            if done:
                known = [depth[one] for one in parents.get(name, ()) if one in depth]
                depth[name] = max(known, default=-1) + 1
                open_nodes.discard(name)
            elif name not in depth and name not in open_nodes:
                open_nodes.add(name)
                stack.append((name, True))
                stack.extend((one, False) for one in sorted(parents.get(name, ())) if one not in open_nodes)
    return depth


def layout(components: Sequence[Component], hrefs: Mapping[str, str], flagged: frozenset[str]) -> Graph | None:
    """Lay out the lineage of the components; None where there is none.

    `hrefs`: name → id of the model's section; `flagged`: refs with a finding at level error, drawn first where
    not everything fits.
    """
    with_lineage = [one for one in components if one.lineage.ancestors]
    if not with_lineage:
        return None
    ranked = sorted(with_lineage, key=lambda one: one.ref not in flagged)
    nodes: dict[str, Node] = {}
    parents: dict[str, set[str]] = {}
    relations: dict[tuple[str, str], tuple[str, bool]] = {}
    drawn = 0
    for component in ranked:
        name = component.resolved_id or component.name
        fresh = {name, *(one.id for one in component.lineage.ancestors)} - nodes.keys()
        if nodes and len(nodes) + len(fresh) > _NODES:
            continue
        drawn += 1
        who = organization_text(component.developer)
        classes = "used flagged" if component.ref in flagged else "used"
        nodes[name] = Node(fit(name, _LETTERS), fit(who, _LETTERS), f"{name}: {who}", hrefs.get(name, ""), classes)
        for ancestor in component.lineage.ancestors[:_NODES]:
            who = organization_text(ancestor.developer)
            if ancestor.id not in nodes:
                nodes[ancestor.id] = Node(
                    fit(ancestor.id, _LETTERS),
                    fit(who, _LETTERS),
                    f"{ancestor.id}: {who}",
                    hrefs.get(ancestor.id, ""),
                    "ancestor",
                )
            # The child is drawn only where it is on the way; an alias of the name hangs on the model itself.
            child = ancestor.child if ancestor.child in nodes or ancestor.child in fresh else name
            if child != ancestor.id:
                parents.setdefault(child, set()).add(ancestor.id)
                relations[ancestor.id, child] = (ancestor.relation.value, ancestor.declared)
    depth = _layers(list(nodes), parents)
    _place(nodes, depth, parents)
    edges = []
    for (parent, child), (relation, declared) in relations.items():
        start, end = nodes[parent], nodes[child]
        x1, y1 = start.x + _WIDTH, start.y + _HEIGHT // 2
        x2, y2 = end.x, end.y + _HEIGHT // 2
        bend = max((x2 - x1) // 2, 30)
        edges.append(
            Edge(
                f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}",
                f"{child} is a {relation} of {parent}" + ("" if declared else " (inferred)"),
                inferred=not declared,
            )
        )
    return Graph(
        nodes=list(nodes.values()),
        edges=edges,
        width=max(node.x for node in nodes.values()) + _WIDTH + _MARGIN,
        height=max(node.y for node in nodes.values()) + _HEIGHT + _MARGIN,
        more=len(with_lineage) - drawn,
    )


def _place(nodes: dict[str, Node], depth: Mapping[str, int], parents: Mapping[str, set[str]]) -> None:
    """Order every layer by the middle of its neighbours a few times, then give coordinates."""
    layers: dict[int, list[str]] = {}
    for name in sorted(nodes):
        layers.setdefault(depth[name], []).append(name)
    children: dict[str, set[str]] = {}
    for child, above in parents.items():
        for parent in above:
            children.setdefault(parent, set()).add(child)
    position = {name: float(number) for names in layers.values() for number, name in enumerate(names)}
    for turn in range(_PASSES):
        neighbours = parents if turn % 2 == 0 else children
        for layer in sorted(layers, reverse=turn % 2 == 1):
            # The middle of the neighbours; a node without any stays where it is.
            middle = {
                name: sum(position[one] for one in around) / len(around)
                for name in layers[layer]
                if (around := neighbours.get(name))
            }
            layers[layer].sort(key=lambda name: (middle.get(name, position[name]), name))
            for number, name in enumerate(layers[layer]):
                position[name] = float(number)
    tallest = max(len(names) for names in layers.values())
    for layer, names in layers.items():
        spare = (tallest - len(names)) * (_HEIGHT + _GAP_Y) // 2
        for number, name in enumerate(names):
            nodes[name].x = _MARGIN + layer * (_WIDTH + _GAP_X)
            nodes[name].y = _MARGIN + spare + number * (_HEIGHT + _GAP_Y)
