"""Takes shell text apart: commands, words with the places of their characters, comments.

The shell is read as far as words, quotes, comments, separators and continuation lines go; nothing is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

__all__ = ["Comment", "Word", "closed_end", "split_commands", "take_commands"]


@dataclass(slots=True)
class Word:
    """One word of a command with the origin of each of its characters."""

    value: str
    starts: list[tuple[int, int]] = field(default_factory=list)
    """(index in value, offset in the text) of each piece."""
    token: int = -1
    quoted: bool = False

    def offset(self, index: int) -> int:
        """Offset in the text of the character at `index` of the value."""
        best = (0, 0)
        for piece in self.starts:
            if piece[0] > index:
                break
            best = piece
        return best[1] + index - best[0]


class Comment(NamedTuple):
    """A comment of the script."""

    text: str
    start: int


_PIECE: Final = re.compile(
    r"""(?P<continued>[\\`^][ \t]*\r?\n)
      | (?P<space>[ \t\r]+)
      | (?P<newline>\n)
      | (?P<single>'[^']*(?:'|\Z))
      | (?P<double>"(?:[^"\\]++|\\.)*+(?:"|\Z))
      | (?P<escape>\\.)
      | (?P<variable>\$\{[^{}\n]*(?:\{[^{}\n]*\}[^{}\n]*)*\})
      | (?P<open>\$\(|\(|\)|`)
      | (?P<separator>&&|\|\||;;?|\||&(?!>))
      | (?P<redirect>[0-9]*[<>]{1,3}&?-?)
      | (?P<hash>\#)
      | (?P<plain>[^\s'"\\$`()|&;<>\#^]+|[$^])
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"[ \t]*+([^\s'\"\\$`()|&;<>#^]++)(?=[ \t\r\n]|\Z)")
"""A whole word that nothing but blanks and ends of lines surround, which most words are."""
_CLOSED: Final = re.compile(
    r"""[ \t\r]*+\#[^\n]*+(?:\n|\Z)
      | (?:
          [\\`^][ \t]*+\r?\n
        | [^\n'"\\`^\#$]++
        | '[^']*+'
        | "(?:[^"\\]++|\\.)*+"
        | \\.
        | [`^]
        | \$\{[^{}\n'"\\`^]*+\}
        | \$(?!\{)
        | (?<=[^\\][ \t])\#[^\n]*+
        | \#[^\n'"\\`^$]*+(?=\n|\Z)
      )*+ (?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
"""A line with all that continues it, at whose end no quote is open: it is read alike wherever it stands."""
_DOUBLE_ESCAPE: Final = re.compile(r'\\([\\"$`])|\\\n')


def _double(body: str, start: int) -> tuple[str, list[tuple[int, int]]]:
    """Remove the escapes of a double-quoted body; return it with the offsets of its pieces."""
    if "\\" not in body:
        return body, [(0, start)]
    out: list[str] = []
    starts: list[tuple[int, int]] = []
    length = last = 0
    for match in _DOUBLE_ESCAPE.finditer(body):
        starts.append((length, start + last))
        text = body[last : match.start()]
        out.append(text)
        length += len(text)
        if match.group(1):
            starts.append((length, start + match.start(1)))
            out.append(match.group(1))
            length += 1
        last = match.end()
    starts.append((length, start + last))
    out.append(body[last:])
    return "".join(out), starts


def closed_end(text: str, position: int) -> int:
    """End of the line at `position` and of what continues it, where it can be read by itself; -1 where not."""
    match = _CLOSED.match(text, position)
    return match.end() if match is not None else -1


def split_commands(text: str, base: int = 0) -> Iterator[list[Word] | Comment]:
    """Split shell text into commands (lists of words) and comments, in order of appearance.

    `base` is added to every offset. Unclosed quotes reach to the end of the text.
    """
    position, size = 0, len(text)
    while position < size:
        found, position = take_commands(text, position, base)
        yield from found


def take_commands(text: str, position: int, base: int = 0) -> tuple[list[list[Word] | Comment], int]:
    """Split one line with all that continues it; return what it holds and where the next begins."""
    found: list[list[Word] | Comment] = []
    words: list[Word] = []
    parts: list[str] = []
    starts: list[tuple[int, int]] = []
    length = 0
    open_word = quoted = skip_next = False
    size = len(text)
    match_piece, match_word = _PIECE.match, _WORD.match

    def finish() -> None:
        nonlocal parts, starts, length, open_word, quoted, skip_next
        if open_word:
            if skip_next:
                skip_next = False
            else:
                words.append(Word("".join(parts), starts, quoted=quoted))
            parts, starts, length, open_word, quoted = [], [], 0, False, False

    while position < size:
        if not open_word:
            match = match_word(text, position)
            if match is not None:
                if skip_next:
                    skip_next = False
                else:
                    words.append(Word(match.group(1), [(0, base + match.start(1))]))
                position = match.end()
                continue
        match = match_piece(text, position)
        if match is None:
            position += 1
            continue
        kind, start, position = match.lastgroup, match.start(), match.end()
        if kind in {"space", "continued"}:
            finish()
            continue
        if kind == "newline":
            break
        piece = match.group()
        if kind in {"separator", "open"}:
            finish()
            skip_next = False
            if words:
                found.append(words)
                words = []
        elif kind == "hash" and not open_word:
            end = text.find("\n", position)
            end = size if end < 0 else end
            found.append(Comment(text[start:end], base + start))
            position = end
        elif kind == "redirect":
            finish()
            skip_next = not piece.endswith("-")
        else:
            open_word = True
            if kind in {"single", "double"}:
                quoted = True
                body = piece[1:-1] if len(piece) > 1 and piece[-1] == piece[0] else piece[1:]
                begin = base + start + 1
                piece, places = _double(body, begin) if kind == "double" else (body, [(0, begin)])
                starts.extend((length + index, offset) for index, offset in places)
            elif kind == "escape":
                starts.append((length, base + start + 1))
                piece = piece[1:]
            else:
                starts.append((length, base + start))
            parts.append(piece)
            length += len(piece)
    finish()
    if words:
        found.append(words)
    return found, position
