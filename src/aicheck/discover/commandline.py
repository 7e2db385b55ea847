"""Reads command lines wherever they stand: scripts, Dockerfiles, manifests, CI, strings in code.

`read_command` takes shell text or a list of arguments and yields the values that name models, with their
places, the option they were given to and what the command says besides (`--revision`, `--trust-remote-code`).
The shell is read as far as words, quotes, comments, separators and continuation lines go; nothing is expanded
but `${NAME:-default}`, whose default is a value of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from aicheck.discover import helmsets
from aicheck.discover.shellwords import Comment, Word, closed_end, split_commands, take_commands
from aicheck.knowledge.commands import Program, command_table
from aicheck.knowledge.keys import KeyRow, lookup

__all__ = ["Argument", "Word", "read_command", "split_commands"]

_MAX_NESTING: Final = 3
_LONGEST: Final = 500
"""Characters of a line up to which it is kept what it says."""


class Argument(NamedTuple):
    """One value on a command line."""

    value: str
    """As written, quotes and escapes removed."""
    start: int
    """Offset in the text (code points) of the first character of the value; in the token where a list was read."""
    end: int
    role: str
    """`model`, `tokenizer`, `embedding`, `reranker`, `adapter`, `dataset`, `weights`, `url`, `base_url`, `ollama`,
    `modelscope`, `docker-model`, `whisper`, `spacy`, `nltk`, `hosted`, a provider's slug, `image` (container),
    or `comment` (a whole comment)."""
    flag: str
    """Option or variable that it was given to, as written (`--model`); '' for positional arguments."""
    attributes: tuple[tuple[str, str], ...] = ()
    """As `Reference.attributes`: `revision`, `trust_remote_code`, `filename`, `quantization`, `deployment` …"""
    sure: bool = False
    """The program or the option leaves no doubt that a model is named."""
    default: bool = False
    """The value is the default of a variable: `${MODEL:-…}`."""
    program: str = ""
    """`vllm serve`; '' where no known program was seen."""
    token: int = -1
    """Index in the list of arguments; -1 where text was read."""


_ASSIGNMENT = re.compile(r"(?:\$env:)?([A-Za-z_]\w*)\+?=")
_OPTION_VALUE = re.compile(r"(-{1,2}[A-Za-z][\w.\-]*)=")
_PAIR = re.compile(r"([A-Za-z_][\w.]*)=([^,\s]*)")
_DEFAULT = re.compile(r"\$\{[A-Za-z_]\w*(?::?[-=])([^{}$]+)\}")
_VARIABLE = re.compile(r"([A-Z][A-Z0-9_]*)=[\w./:,+-]*")
_PLAIN = re.compile(r"[^'\"\\$`()|&;<>#^\f\v\x1c-\x1f\x85\xa0\u1680-\U0010ffff]*+")
"""A line whose words are what blanks divide."""
_EMBEDDED = re.compile(r"\s")
_SHELLS: Final = frozenset({"-c", "-lc", "-ec", "-xc", "-lec", "-exc", "-euxc", "-ceu", "-uec", "-Command", "/c"})
_KEYVALUES: Final = frozenset({"--model_args", "--model-args", "--model_kwargs"})
_SWITCHES: Final = ("--enable", "--disable", "--no-", "--force", "--use-", "--use_", "--skip", "--with-")
_REVISIONS: Final = frozenset({"REVISION", "MODEL_REVISION", "HF_MODEL_REVISION"})
"""Variables by which servers are told the revision of their model."""
_WRAPPED = re.compile(r"^(?:/\S*/)?(?P<name>[^/\s]+?)(?:\.exe|\.py|\.sh)?$")


def _telling(words: Sequence[Word]) -> bool:
    """Whether a command can name a model at all, by its words alone; most name none."""
    return any(len(word.value) >= _LONGEST or _tells(word.value) for word in words)


@lru_cache(maxsize=4096)
def _tells(word: str) -> bool:
    """Whether a word can make its command name a model: an option, a pair, a program, a container's tool."""
    if "=" in word:
        alone = _VARIABLE.fullmatch(word)
        return alone is None or lookup(alone.group(1)) is not None
    if word[:1] == "-":
        return word in _SHELLS or word in _KEYVALUES or (word[:2] == "--" and lookup(word) is not None)
    return word in _SHELLS or word in command_table().containers or bool(_programs(word))


@lru_cache(maxsize=2048)
def _programs(word: str) -> tuple[Program, ...]:
    """The programs that a word may begin, written without directory and extension or as it stands."""
    match = _WRAPPED.match(word)
    programs = command_table().programs
    return programs.get(match.group("name") if match else word, ()) or programs.get(word, ())


class _Reader:
    """Reads one command."""

    def __init__(self, words: Sequence[Word], depth: int) -> None:
        self.words = words
        self.values = [word.value for word in words]
        self.depth = depth
        self.table = command_table()
        self.program: Program | None = None
        self.at = -1
        """Index of the last word of the program's name."""
        self._find_program()
        self.attributes: list[tuple[str, str]] = []
        self.dataset = False
        self.names: dict[str, str] = {}

    def _find_program(self) -> None:
        values = self.values
        for index, value in enumerate(values):
            programs = _programs(value) if len(value) < _LONGEST else ()
            if not programs or (self.words[index].quoted and " " in value):
                continue
            for program in programs:
                count = len(program.words)
                rest = tuple(values[index + 1 : index + count])
                if rest == program.words[1:]:
                    # `-m whisper` of python is a program; `--name whisper` of docker is none.
                    before = values[index - 1] if index else ""
                    if before.startswith("-") and before not in {"-m", "--", "-c", "-lc"}:
                        break
                    self.program, self.at = program, index + count - 1
                    return
        at = self._container()
        if at >= 0:
            image = values[at].partition("@")[0]
            for fragment, program in self.table.images:
                if fragment in image:
                    self.program, self.at = program, at
                    return

    def read(self) -> Iterator[Argument]:
        arguments = list(self._arguments())
        common = tuple(self.attributes)
        name = " ".join(self.program.words) if self.program else ""
        filenames = tuple(("filename", a.value) for a in arguments if a.role == "filename")
        for argument in arguments:
            if argument.role == "filename":
                continue
            role = "dataset" if self.dataset and argument.role == "model" and not argument.flag else argument.role
            attributes = argument.attributes
            if role in {"model", "dataset", "hosted", "ollama", "modelscope", "tokenizer", "adapter"}:
                extra = filenames[:1] if role in {"model", "dataset"} else ()
                # Beside a model, `--revision` is the model's.
                other = role == "dataset" and not self.dataset and "model" in {each.role for each in arguments}
                said = [pair for pair in common if not (other and pair[0] == "revision")]
                attributes = tuple(sorted({*attributes, *said, *extra}))
            yield argument._replace(role=role, attributes=attributes, program=name)

    def _arguments(self) -> Iterator[Argument]:
        words = self.words
        index = 0
        lead = True
        positional = 0
        options_end = False
        container = self._container()
        while index < len(words):
            word = words[index]
            value = word.value
            if lead:
                match = _ASSIGNMENT.match(value)
                if match:
                    yield from self._assignment(word, match)
                    index += 1
                    continue
                if value in {
                    "export",
                    "env",
                    "set",
                    "setx",
                    "declare",
                    "local",
                    "readonly",
                    "sudo",
                    "ENV",
                    "ARG",
                    "-x",
                }:
                    index += 1
                    continue
                lead = False
            if value == "--":
                options_end = True
            elif value in _SHELLS and index + 1 < len(words) and _EMBEDDED.search(words[index + 1].value):
                yield from self._embedded(words[index + 1])
                index += 1
            elif value.startswith("-") and len(value) > 1 and not (options_end and index <= self.at):
                step, found = self._option(index)
                yield from found
                index += step
            elif index == container:
                yield self._argument(word, 0, len(value), "image", "")
            elif index > self.at >= 0 and self.program is not None:
                if value in self.program.skip and positional == 0:
                    pass
                else:
                    role = self._positional(positional)
                    positional += 1
                    if role not in {"", "word"}:
                        yield from self._valued(word, 0, role, "", sure=True)
                    else:
                        yield from self._pairs(word)
            else:
                yield from self._pairs(word)
            index += 1

    def _positional(self, count: int) -> str:
        roles = self.program.positional if self.program else ()
        if count < len(roles):
            return roles[count].rstrip("*")
        return roles[-1][:-1] if roles and roles[-1].endswith("*") else ""

    def _container(self) -> int:
        """Index of the image in `docker run … image`, or -1."""
        words = self.words
        if self.table.containers.isdisjoint(self.values):
            return -1
        for index, word in enumerate(words[:-1]):
            if word.value in self.table.containers and words[index + 1].value in {"run", "pull", "create"}:
                at = index + 2
                while at < len(words):
                    value = words[at].value
                    if not value.startswith("-"):
                        return at
                    at += 2 if value in self.table.container_values else 1
        return -1

    def _option(self, index: int) -> tuple[int, list[Argument]]:
        """Read the option at `index`; return the number of further words it takes and what it gives."""
        word = self.words[index]
        match = _OPTION_VALUE.match(word.value)
        if match:
            flag, inline = match.group(1), match.end()
            value = word.value[inline:]
        else:
            flag, inline = word.value, -1
            following = self.words[index + 1].value if index + 1 < len(self.words) else ""
            takes = bool(following) and not (
                following.startswith("-") and len(following) > 1 and not following[1].isdigit()
            )
            value = following if takes else ""
        after_program = self.program is None or index > self.at
        attribute = self.table.attributes.get(flag)
        if attribute is not None and after_program:
            return self._attribute(flag, attribute, value, inline)
        if (
            flag in {"-m", "--module"}
            and inline < 0
            and not (self.program and flag in self.program.flags and after_program)
        ):
            return 0, []
        role, sure = self._role(flag, after_program=after_program)
        if inline < 0 and (not value or (flag in self.table.boolean and not role)):
            return 0, []
        if self.program and self.program.type_flag == flag:
            self.dataset = value == "dataset"
            return (0 if inline >= 0 else 1), []
        if flag in helmsets.FLAGS:
            return (0 if inline >= 0 else 1), list(self._settings(index if inline >= 0 else index + 1, inline))
        if flag in {"-e", "--env", "--build-arg"} and inline < 0:
            target = self.words[index + 1]
            pair = re.match(r"([A-Za-z_][\w.\-\[\]]*)=", target.value)
            return 1, list(self._assignment(target, pair)) if pair else []
        if not role:
            if inline >= 0:
                return 0, list(self._pairs(word, inline))
            # An unknown option is held to take the next word: `--local-dir ./x`, `--host 0.0.0.0`.
            return (0 if flag.startswith(_SWITCHES) else 1), []
        if inline >= 0:
            return 0, list(self._valued(word, inline, role, flag, sure=sure))
        found = list(self._valued(self.words[index + 1], 0, role, flag, sure=sure))
        step = 1
        if role in {"model", "adapter-list", "dataset"}:
            # Options that take several values: `--models a b c`, `--lora-modules x=a y=b`.
            many = role == "adapter-list" or flag.endswith("s")
            while (
                many
                and index + step + 1 < len(self.words)
                and not self.words[index + step + 1].value.startswith("-")
            ):
                step += 1
                found.extend(self._valued(self.words[index + step], 0, role, flag, sure=sure))
        return step, found

    def _attribute(self, flag: str, attribute: str, value: str, inline: int) -> tuple[int, list[Argument]]:
        boolean = flag in self.table.boolean
        if boolean and inline < 0:
            follows = value.lower() in {"true", "false"}
            if attribute:
                self.attributes.append((attribute, value.lower() if follows else "true"))
            return (1 if follows else 0), []
        if attribute and value:
            self.attributes.append((attribute, value.lower() if boolean else value))
        return (0 if inline >= 0 else 1 if value else 0), []

    def _role(self, flag: str, *, after_program: bool) -> tuple[str, bool]:
        if self.program is not None and after_program:
            role = self.program.flags.get(flag)
            if role is None and flag.startswith("--"):
                role = self.program.flags.get(flag.replace("_", "-")) or self.program.flags.get(
                    flag.replace("-", "_").replace("__", "--", 1)
                )
            if role is not None:
                return ("", True) if role in {"none", "out"} else (role, True)
        if flag in _KEYVALUES:
            return "keyvalues", True
        row = lookup(flag) if flag.startswith("--") and flag != "--" else None
        return (row.kind, row.sure) if row else ("", False)

    def _assignment(self, word: Word, match: re.Match[str]) -> Iterator[Argument]:
        if match.group(1) in _REVISIONS and word.value[match.end() :]:
            self.attributes.append(("revision", word.value[match.end() :]))
            return
        row = lookup(match.group(1))
        if row is not None:
            yield from self._valued(word, match.end(), row.kind, match.group(1), sure=row.sure, row=row)
        else:
            yield from self._defaults(word, match.end(), "", match.group(1), sure=False)

    def _settings(self, index: int, begin: int) -> Iterator[Argument]:
        word = self.words[index]
        for key, start, end in helmsets.settings(word.value, max(begin, 0), self.names):
            row = lookup(key)
            if row is not None:
                yield from self._valued(word, start, row.kind, key, sure=row.sure, end=end, row=row)

    def _pairs(self, word: Word, begin: int = 0, *, sure: bool = False) -> Iterator[Argument]:
        """`pretrained=a/b,tokenizer=c/d` and `trainer.model.path=a/b`."""
        if "=" not in word.value or (word.quoted and " " in word.value.strip()):
            return
        for pair in _PAIR.finditer(word.value, begin):
            row = lookup(pair.group(1))
            if row is not None and pair.group(2):
                yield from self._valued(
                    word, pair.start(2), row.kind, pair.group(1), sure=sure or row.sure, end=pair.end(2)
                )

    def _valued(
        self,
        word: Word,
        begin: int,
        role: str,
        flag: str,
        *,
        sure: bool,
        end: int | None = None,
        row: KeyRow | None = None,
    ) -> Iterator[Argument]:
        if role == "keyvalues":
            yield from self._keyvalues(word, begin)
            return
        if role == "json":
            for pair in re.finditer(r'"(\w+)"\s*:\s*"([^"]*)"', word.value):
                known = lookup(pair.group(1))
                if known is not None:
                    yield self._argument(word, pair.start(2), pair.end(2), known.kind, pair.group(1), sure=True)
            return
        if role == "adapter-list":
            name, equals, _ = word.value[begin:].partition("=")
            shift = len(name) + 1 if equals and "/" not in name else 0
            yield self._argument(word, begin + shift, len(word.value), "adapter", flag, sure=sure)
            return
        stop = len(word.value) if end is None else end
        if word.value.find("${", begin, stop) >= 0:
            found = list(self._defaults(word, begin, role, flag, sure=sure, row=row))
            if found:
                yield from found
                return
        if stop > begin:
            attributes = (("provider", row.provider),) if row and row.provider else ()
            yield self._argument(word, begin, stop, role, flag, sure=sure, attributes=attributes)

    def _keyvalues(self, word: Word, begin: int) -> Iterator[Argument]:
        """`pretrained=owner/name,revision=main,tokenizer=other/name,tokenizer_revision=…`."""
        pairs = list(_PAIR.finditer(word.value, begin))
        said = {pair.group(1): pair.group(2) for pair in pairs}
        if "trust_remote_code" in said:
            self.attributes.append(("trust_remote_code", said["trust_remote_code"]))
        for pair in pairs:
            known = lookup(pair.group(1))
            if known is None or not pair.group(2):
                continue
            other = pair.group(1) == "tokenizer" and pair.group(2) != said.get("pretrained")
            revision = said.get("tokenizer_revision" if other else "revision")
            for argument in self._valued(
                word, pair.start(2), known.kind, pair.group(1), sure=True, end=pair.end(2)
            ):
                own = (("revision", revision),) if revision else ()
                yield argument._replace(attributes=(*argument.attributes, *own))

    def _defaults(
        self, word: Word, begin: int, role: str, flag: str, *, sure: bool, row: KeyRow | None = None
    ) -> Iterator[Argument]:
        """The default of `${NAME:-default}`; the variable's own name says what it is where nothing else does."""
        for match in _DEFAULT.finditer(word.value, begin):
            kind = role
            if not kind:
                name = re.match(r"\$\{(\w+)", match.group())
                known = lookup(name.group(1)) if name else None
                if known is None:
                    continue
                kind, sure = known.kind, known.sure
            attributes = (("provider", row.provider),) if row and row.provider else ()
            yield self._argument(
                word, match.start(1), match.end(1), kind, flag, sure=sure, attributes=attributes, default=True
            )

    def _embedded(self, word: Word) -> Iterator[Argument]:
        if self.depth >= _MAX_NESTING:
            return
        for argument in _read_text(word.value, self.depth + 1):
            yield argument._replace(
                start=word.offset(argument.start),
                end=word.offset(argument.start) + argument.end - argument.start,
                token=word.token,
            )

    def _argument(
        self,
        word: Word,
        begin: int,
        end: int,
        role: str,
        flag: str,
        *,
        sure: bool = False,
        attributes: tuple[tuple[str, str], ...] = (),
        default: bool = False,
    ) -> Argument:
        start = word.offset(begin)
        value = word.value[begin:end]
        return Argument(value, start, start + end - begin, role, flag, attributes, sure, default, "", word.token)


def _read_text(text: str, depth: int) -> Iterator[Argument]:
    position, size = 0, len(text)
    while position < size:
        end = closed_end(text, position)
        if 0 < end <= position + _LONGEST:
            for argument in _read_line(text[position:end], depth):
                yield argument._replace(start=argument.start + position, end=argument.end + position)
            position = end
        else:
            found, position = take_commands(text, position)
            yield from _read_words(found, depth)


@lru_cache(maxsize=4096)
def _read_line(line: str, depth: int) -> tuple[Argument, ...]:
    """What a line says that depends on no other: scripts and pipelines repeat theirs."""
    if _PLAIN.fullmatch(line) and not any(map(_tells, line.split())):
        return ()
    return tuple(_read_words(take_commands(line, 0)[0], depth))


def _read_words(found: Sequence[list[Word] | Comment], depth: int) -> Iterator[Argument]:
    for command in found:
        if isinstance(command, Comment):
            yield Argument(command.text, command.start, command.start + len(command.text), "comment", "")
        elif _telling(command):
            yield from _Reader(command, depth).read()


def read_command(command: str | Sequence[str | None]) -> Iterator[Argument]:
    """Yield the values of a command line that name models, in order.

    `command` is shell text (several commands, quotes, comments, continuation lines), or a list of arguments as
    in `subprocess.run([...])`, `CMD [...]`, `args:`, with None for those that are not known. Offsets count
    code points; with a list they lie in the token that `Argument.token` names. A list whose only argument is
    itself a whole command line is read as text.
    """
    if isinstance(command, str):
        yield from _read_text(command, 0)
        return
    words: list[Word] = []
    for index, token in enumerate(command):
        if token is None:
            words.append(Word("", [(0, 0)], index))
        elif "\n" in token and len(token.split()) > 1:
            for argument in _read_text(token, 1):
                yield argument._replace(token=index)
        else:
            words.append(Word(token, [(0, 0)], index))
    if len(words) == 1 and " " in words[0].value:
        for argument in _read_text(words[0].value, 1):
            yield argument._replace(token=words[0].token)
        return
    if _telling(words):
        yield from _Reader(words, 0).read()
