"""What is looked at first must leave out nothing: each shortcut against the reading that it stands for."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from aicheck.discover.emit import _ADDRESS, _addresses
from aicheck.discover.shellwords import Comment, Word, closed_end, split_commands, take_commands
from aicheck.discover.structure.entries import _COMMANDISH, _commandish
from aicheck.discover.structure.yaml import read_yaml

_SHELL = st.text("ab2 '\"\\$`{}()#^&|;<>\n\r\t=-\f", max_size=40)
_URLS = st.text('az+.:/ {}$"arn', max_size=40)
_WORDS = st.lists(
    st.sampled_from(
        ["vllm", "uvx", "mlx_lm.generate", "git", "--a", "A=", "x", " ", "\n", ";", '"', "/", "é", "\xa0"]
    ),
    max_size=12,
).map("".join)


def _by_lines(text: str) -> list[list[Word] | Comment]:
    found: list[list[Word] | Comment] = []
    position = 0
    while position < len(text):
        end = closed_end(text, position)
        if end > position:
            line, read = take_commands(text[position:end], 0, position)
            assert read == end - position
        else:
            line, end = take_commands(text, position)
        found += line
        position = end
    return found


@given(_SHELL)
@example("a # don't\nb 'c'\n")
@example("a \\\n b\n")
@example("${a'}' #'\nb\n")
@example("echo \\ # 'a\nb'\n")
@example("`\nb\n")
@example(';#|"b\n\n">\n')
def test_a_closed_line_reads_alike_by_itself(text: str) -> None:
    assert _by_lines(text) == list(split_commands(text))


@given(_SHELL)
def test_words_are_where_they_say(text: str) -> None:
    for command in split_commands(text):
        if isinstance(command, Comment):
            assert text.startswith(command.text, command.start)
        else:
            for word in command:
                plain = not re.search(r"[\\'\"\f]", text)
                assert not plain or text.startswith(word.value, word.offset(0))


@given(_URLS)
@example("see https://a.b/c://d.e and f://g")
@example("a" * 30 + "://b.c")
def test_addresses_are_found_from_their_marks(text: str) -> None:
    assert [m.span() for m in _addresses(text)] == [m.span() for m in _ADDRESS.finditer(text)]


@given(_WORDS)
@example("run vllm serve")
@example('"uvx\tx')
def test_commands_are_seen_by_their_words(text: str) -> None:
    assert _commandish(text) == (_COMMANDISH.search(text) is not None)


@given(
    st.lists(st.sampled_from(["a: b", "- c: 'd' # e", "  f: |", "    g", "- - h", "k: [1, 2]", "# l", "m: *n"]))
)
def test_a_line_of_yaml_says_the_same_each_time(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    once, again = read_yaml(text), read_yaml(text)
    assert [(e.path, e.value, e.start, e.end) for e in once.entries] == [
        (e.path, e.value, e.start, e.end) for e in again.entries
    ]
    for entry in once.entries:
        assert text[entry.start : entry.end] == entry.value
