"""Findings for a terminal: errors as compilers show them, the many alike as one block with a list.

What a person sees last is what scrolls by last, so the gravest findings stand last, right above the summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from aicheck.core.finding import Finding, Level, Status
from aicheck.core.reference import Occurrence
from aicheck.core.report import Report
from aicheck.report.facts import shown_subject
from aicheck.report.safety import visible
from aicheck.report.terminal import Paint, fit, pad, width_of, wrap

__all__ = ["Block", "Canvas", "blocks_of", "count", "write_findings"]

_ERRORS_SHOWN: Final = 20
_WARNINGS_SHOWN: Final = 5
"""Up to this many warnings are shown with their source line, more as lists."""
_PLACES_SHOWN: Final = 3
_ROWS_SHOWN: Final = 10
_SUBJECT: Final = 44
_PATH: Final = 256
_EXPLAIN: Final = "aicheck explain "


def count(number: int, noun: str) -> str:
    """`1 model`, `2 models`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


@dataclass(slots=True)
class Canvas:
    """Lines of a report, and how wide and colourful they may be."""

    width: int
    paint: Paint
    verbose: bool
    excerpts: dict[tuple[str, int], str]
    lines: list[str] = field(default_factory=list)
    label: int = 9
    """Columns that labels of the block at hand take, with their colon."""

    def detail(self, label: str, text: str, margin: int) -> None:
        """`   = label: text`, wrapped under itself."""
        head = f"{' ' * margin} = {pad(visible(label, 20) + ':', self.label)} "
        first, *rest = wrap(visible(text, 2000), max(self.width - len(head), 20))
        gutter = self.paint("gutter", "=")
        self.lines.append(f"{' ' * margin} {gutter} {head[margin + 3 :]}{first}".rstrip())
        self.lines.extend(" " * len(head) + part for part in rest)

    def source(self, place: Occurrence, margin: int) -> None:
        """The place, and the source line with the span marked where the line is at hand."""
        blank = " " * margin
        gutter = self.paint("gutter", "|")
        # A path that is longer than the line stays whole, for people who copy it; within reason.
        self.lines.append(f"{blank}{self.paint('gutter', '-->')} {_end_of(where(place), max(self.width, _PATH))}")
        text = self.excerpts.get((place.path, place.line))
        if not text or place.column > len(text) + 1:
            return
        start = place.column - 1
        end = max(min(place.end - 1, len(text)), start + 1)
        room = max(self.width - margin - 4, 20)
        before, span, after = _shown(text[:start]), _shown(text[start:end]), _shown(text[end:])
        cut = ""
        while width_of(before) > room // 2 and width_of(cut + before + span) > room:
            # Far to the right: what stands before the span gives way, as compilers do.
            before = before[max(len(before) - room // 3, 0) :] if not cut else before[1:]
            cut = "…"
        line = fit(cut + before + span + after, room)
        under = " " * width_of(cut + before) + "^" * max(min(width_of(span), room - width_of(cut + before)), 1)
        self.lines.append(f"{blank} {gutter}")
        self.lines.append(f"{self.paint('gutter', str(place.line))} {gutter} {line}".rstrip())
        self.lines.append(f"{blank} {gutter} {self.paint('error', under)}")


@dataclass(frozen=True, slots=True)
class Block:
    """Findings that say the same of the same component, at one or more places."""

    first: Finding
    places: tuple[Occurrence, ...]
    because: tuple[tuple[str, str], ...]
    new: bool

    @property
    def subject(self) -> str:
        """What the findings are about, inert."""
        return visible(shown_subject(self.first.subject), 120)


def blocks_of(report: Report) -> list[Block]:
    """The findings that are not waived, those that say the same of the same component as one; order kept."""
    known = frozenset(report.baseline.new_findings) if report.baseline is not None else frozenset()
    grouped: dict[tuple[object, ...], list[Finding]] = {}
    for one in report.findings:
        if one.waiver is None:
            new = one.fingerprint in known
            # The subject as well as the ref: two revisions of a model are two components of one name.
            key = (one.level, one.rule, one.status, one.message, one.subject, one.help, new)
            grouped.setdefault(key, []).append(one)
    return [
        Block(
            same[0],
            tuple(dict.fromkeys(place for one in same for place in one.occurrences)),
            tuple(dict.fromkeys(line for one in same for line in one.because)),
            key[-1] is True,
        )
        for key, same in grouped.items()
    ]


def where(place: Occurrence) -> str:
    """`path:line:column`, inert; a file as a whole is its path."""
    return visible(place.path) + ("" if (place.line, place.column) == (1, 1) else f":{place.line}:{place.column}")


def write_findings(report: Report, canvas: Canvas) -> None:
    """Waived findings, notes, warnings and errors, each block followed by an empty line."""
    _waived(report, canvas)
    blocks = blocks_of(report)
    for level in reversed(Level):
        found = [block for block in blocks if block.first.level is level]
        limit = {Level.ERROR: _ERRORS_SHOWN, Level.WARNING: _WARNINGS_SHOWN, Level.NOTE: 0}[level]
        if canvas.verbose:
            limit = len(found)
        whole, listed = _split(found, limit) if level is Level.ERROR else _all_or_none(found, limit)
        for rule in dict.fromkeys(block.first.rule for block in listed):
            _list(canvas, [block for block in listed if block.first.rule == rule])
        for block in whole:
            _whole(canvas, block)


def _all_or_none(blocks: list[Block], limit: int) -> tuple[list[Block], list[Block]]:
    return (blocks, []) if len(blocks) <= limit else ([], blocks)


def _split(blocks: Sequence[Block], limit: int) -> tuple[list[Block], list[Block]]:
    """Split into the first ones of each rule, so that no rule hides another, and the others."""
    if len(blocks) <= limit:
        return list(blocks), []
    rules = dict.fromkeys(block.first.rule for block in blocks)
    share = max(limit // len(rules), 1)
    taken = dict.fromkeys(rules, 0)
    whole: list[Block] = []
    rest: list[Block] = []
    for block in blocks:
        if taken[block.first.rule] < share and len(whole) < limit:
            taken[block.first.rule] += 1
            whole.append(block)
        else:
            rest.append(block)
    return whole, rest


def _waived(report: Report, canvas: Canvas) -> None:
    waived = [finding for finding in report.findings if finding.waiver is not None]
    for finding in waived:
        waiver = finding.waiver
        assert waiver is not None
        head = f"waived[{fit(visible(finding.rule), canvas.width // 2)}]"
        text = f"{shown_subject(finding.subject)}: {finding.message}"
        canvas.lines.append(f"{canvas.paint('dim', head)}: {fit(text, canvas.width - width_of(head) - 2)}")
        canvas.detail("until", f"{waiver.expires} ({waiver.state.value}), {waiver.owner}: {waiver.reason}", 5)
    if waived:
        canvas.lines.append("")


def _head(canvas: Canvas, finding: Finding, text: str) -> None:
    head = f"{finding.level.value}[{fit(visible(finding.rule), canvas.width // 2)}]"
    first, *rest = wrap(text, canvas.width - len(head) - 2)
    canvas.lines.append(f"{canvas.paint(finding.level.value, head)}: {canvas.paint('bold', first)}")
    canvas.lines.extend(" " * (len(head) + 2) + canvas.paint("bold", part) for part in rest)


def _message(block: Block) -> str:
    unknown = " (cannot be told)" if block.first.status is Status.UNKNOWN else ""
    return visible(block.first.message, 600) + unknown + (" (new)" if block.new else "")


def _whole(canvas: Canvas, block: Block) -> None:
    """One finding with its source line and all its reasons."""
    finding, places = block.first, block.places
    _head(canvas, finding, _message(block))
    margin = 1
    if places:
        margin = len(str(places[0].line))
        canvas.source(places[0], margin)
    else:
        arrow = canvas.paint("gutter", "-->")
        canvas.lines.append(f"  {arrow} {fit(block.subject, canvas.width - 6)}")
    canvas.label = max(9, *(min(len(label), 20) + 1 for label, _ in block.because), 0)
    shown = (canvas.excerpts.get((places[0].path, places[0].line)) or places[0].path) if places else ""
    if places and places[0].raw != finding.subject and finding.subject not in shown:
        canvas.detail("subject", block.subject, margin)
    more = places[1:] if canvas.verbose else places[1 : 1 + _PLACES_SHOWN]
    for place in more:
        canvas.detail("also", where(place), margin)
    if len(places) > 1 + len(more):
        canvas.detail("also", count(len(places) - 1 - len(more), "more place"), margin)
    for label, text in block.because:
        canvas.detail(label, text, margin)
    if finding.policy_location:
        canvas.detail("policy", finding.policy_location, margin)
    if finding.help:
        canvas.detail("help", finding.help, margin)
    canvas.label = 9
    canvas.lines.append("")


def _list(canvas: Canvas, blocks: Sequence[Block]) -> None:
    """Findings of one rule: every subject with its places, under what is said of it."""
    messages: dict[str, list[Block]] = {}
    for block in blocks:
        messages.setdefault(_message(block), []).append(block)
    subjects = len({block.subject for block in blocks})
    number = count(subjects, "component")
    if len(messages) > 1:
        _head(canvas, blocks[0].first, f"{number}, {count(sum(len(each.places) for each in blocks), 'place')}")
    else:
        _head(canvas, blocks[0].first, next(iter(messages)) + (f" ({number})" if subjects > 1 else ""))
    column = min(max(width_of(block.subject) for block in blocks), _SUBJECT, canvas.width // 2)
    shown = 0
    for message, said in messages.items():
        if shown >= _ROWS_SHOWN:
            break
        if len(messages) > 1:
            canvas.lines.extend("  " + part for part in wrap(message + ":", canvas.width - 2))
        for block in said[: _ROWS_SHOWN - shown]:
            indent = "  " if len(messages) == 1 else "    "
            subject = pad(fit(block.subject, column), column)
            room = canvas.width - width_of(subject) - len(indent) - 2
            canvas.lines.append(f"{indent}{subject}  {_places(block.places, room)}".rstrip())
        shown += len(said)
    if len(blocks) > _ROWS_SHOWN:
        canvas.lines.append(f"  … and {len(blocks) - _ROWS_SHOWN} more (--verbose shows all)")
    helps = {block.first.help for block in blocks}
    if len(helps) == 1 and (text := helps.pop()) and not text.startswith(_EXPLAIN):
        canvas.detail("help", text, 1)
    canvas.lines.append("")


def _places(places: Sequence[Occurrence], room: int) -> str:
    """As many places as fit, and how many do not."""
    shown: list[str] = []
    for number, place in enumerate(places):
        rest = len(places) - number - 1
        text = ", ".join([*shown, where(place)]) + (f" +{rest}" if rest else "")
        if shown and width_of(text) > room:
            return _end_of(", ".join(shown) + f" +{rest + 1}", room)
        shown.append(where(place))
    return _end_of(", ".join(shown), room)


def _end_of(text: str, room: int) -> str:
    """The file's name and the line say more than the folders before them."""
    if len(text) > 4 * room:
        text = "…" + text[-4 * room :]
    while width_of(text) > room:
        text = "…" + text[2 if text.startswith("…") else 1 :]
    return text


def _shown(text: str) -> str:
    return visible(text.replace("\t", "    "))
