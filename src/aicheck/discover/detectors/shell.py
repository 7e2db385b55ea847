"""Scripts and files of commands: shell, PowerShell, batch, Dockerfile, Makefile, justfile, systemd, Modelfile."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Reference, Use
from aicheck.discover.commandline import Argument, read_command
from aicheck.discover.detector import Detection, Detector, Hit
from aicheck.discover.emit import Emitter, context_for, text_of
from aicheck.discover.judge import Context
from aicheck.discover.shapes import ADDRESSES, HOSTS, KEY_VALUE_KEYS, NAMES
from aicheck.discover.shelllists import lists
from aicheck.discover.source import SourceFile
from aicheck.knowledge.keys import lookup

__all__ = ["DETECTOR"]

_ID: Final = "shell"
_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@+")
_DOCKER: Final = re.compile(
    r"^[ \t]*(FROM|RUN|CMD|ENTRYPOINT|ENV|ARG|HEALTHCHECK|ADD|COPY|LABEL|"
    r"ONBUILD|SHELL|WORKDIR|USER|EXPOSE|VOLUME|STOPSIGNAL|MAINTAINER)[ \t]+",
    re.IGNORECASE | re.MULTILINE,
)
_MAKE: Final = re.compile(
    r"^[ \t]*(?:export[ \t]+|override[ \t]+)?([A-Za-z_][\w\-]*)[ \t]*(?:[?:+!]?=|::=)[ \t]*([^\n#]*)", re.MULTILINE
)
_RECIPE: Final = re.compile(r"^([ \t]+)[@\-+]+", re.MULTILINE)
_UNIT: Final = re.compile(r"^(Exec\w+=[@\-:+!]*|Environment=)", re.MULTILINE)
_POWERSHELL: Final = re.compile(r"\$(?:env:)?(\w+)[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"']", re.IGNORECASE)
_DEFAULTED: Final = re.compile(r"\$\{([A-Za-z_]\w*):?[-=]([^{}$\n\"']+)\}")
_DEFAULTS: Final = re.compile(r"[^\s,]+")
_MODELFILE: Final = re.compile(r"^[ \t]*(FROM|ADAPTER)[ \t]+(\S+)", re.MULTILINE | re.IGNORECASE)
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NO_MODELS: Final = re.compile(
    r"(?:^|[;&|(]|\bRUN\s|\bsudo\s|-m\s)\s*(?:\S+=\S*\s+)*(?:pip3?|uv|poetry|conda|mamba|npm|pnpm|yarn|npx|"
    r"apt|apt-get|apk|brew|dnf|yum|cargo|go|gem|git|cd|mkdir|chmod|chown|ls|touch|kubectl|helm|source|"
    r"tar|unzip|rsync|docker\s+(?:build|push|tag)|image)\s"
)
_SPOKEN: Final = re.compile(r"\becho\b|\bprintf\b|\bWrite-\w+\b", re.IGNORECASE)
_MAX: Final = 4 << 20


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _dockerfile(text: str, emitter: Emitter) -> Iterator[Reference]:
    """The instructions whose arguments are no shell: images and lists."""
    tokens: list[tuple[str, int]] = []
    for match in _DOCKER.finditer(text):
        word = match.group(1).upper()
        end = text.find("\n", match.end())
        rest = text[match.end() : len(text) if end < 0 else end]
        if word == "FROM":
            for part in re.finditer(r"\S+", rest):
                if not part.group().startswith("--"):
                    yield from emitter.value(
                        part.group(), match.end() + part.start(), Context(), symbol="FROM", image=True
                    )
                    break
            tokens = []
        elif word in {"CMD", "ENTRYPOINT"}:
            array = rest.strip()
            if array.startswith("["):
                # An array may run over several lines.
                close = text.find("]", match.end())
                body = text[match.end() : close + 1] if close >= 0 else rest
                found = [(m.group(1), match.end() + m.start(1)) for m in _STRING.finditer(body)]
                if word == "ENTRYPOINT":
                    tokens = []
                tokens = [*tokens, *found]
                yield from _tokens(tokens, emitter, word)
                if word == "CMD":
                    tokens = []
        elif word == "ENV" and "=" not in rest.split(" ")[0]:
            name, _, value = rest.partition(" ")
            row = lookup(name)
            shift = len(name) + 1 + len(value) - len(value.lstrip())
            yield from emitter.value(
                value.strip().strip("\"'"),
                match.end() + shift + (value.lstrip()[:1] in {'"', "'"}),
                context_for(row, name),
                symbol=f"ENV {name}",
            )


_REVISION: Final = re.compile(r"^[ \t]*ENV[ \t]+(?:HF_MODEL_|MODEL_)?REVISION[= ][\"']?([\w./-]+)", re.MULTILINE)


def _with_revision(text: str, found: Sequence[Reference]) -> Iterator[Reference]:
    """`ENV REVISION=…` beside `ENV MODEL_ID=…`: servers take both from the environment."""
    said = {match[1] for match in _REVISION.finditer(text)}
    for reference in found:
        named = reference.occurrence.symbol.removeprefix("ENV ") in {"MODEL_ID", "HF_MODEL_ID"}
        if len(said) == 1 and named and reference.attribute("revision") is None:
            pairs = (*reference.attributes, ("revision", next(iter(said))))
            yield replace(reference, attributes=tuple(sorted(pairs)))
        else:
            yield reference


def _tokens(tokens: Sequence[tuple[str, int]], emitter: Emitter, symbol: str) -> Iterator[Reference]:
    for argument in read_command([value for value, _ in tokens]):
        if argument.role != "comment" and 0 <= argument.token < len(tokens):
            yield from emitter.argument(argument, tokens[argument.token][1] + argument.start, symbol=symbol)


def _modelfile(text: str, emitter: Emitter) -> Iterator[Reference]:
    for match in _MODELFILE.finditer(text):
        kind = "ollama" if match.group(1).upper() == "FROM" else "weights"
        value = match.group(2)
        if value.startswith((".", "/", "~")) or value.lower().endswith((".gguf", ".safetensors", ".bin")):
            kind = "weights"
        elif value.lower().startswith(("hf.co/", "huggingface.co/")):
            value_end = value.rpartition(":")[0] if ":" in value.rpartition("/")[2] else value
            yield from emitter.value(
                "https://" + value_end, match.start(2), Context("model", sure=True), symbol=match.group(1).upper()
            )
            continue
        yield from emitter.value(value, match.start(2), Context(kind, sure=True), symbol=match.group(1).upper())


def _settings(pattern: re.Pattern[str], text: str, emitter: Emitter) -> Iterator[Reference]:
    for match in pattern.finditer(text):
        name, value = match.group(1), match.group(2).rstrip()
        shift = 1 if value[:1] in {'"', "'"} else 0
        yield from emitter.value(
            value.strip("\"'"), match.start(2) + shift, context_for(lookup(name), name), symbol=name
        )


_ASSIGNED: Final = re.compile(
    r"^[ \t]*(?:export[ \t]+|local[ \t]+|readonly[ \t]+)?([A-Za-z_]\w*)=[\"']?([\w./:@-]+)[\"']?[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_DOCKER_VARIABLES: Final = re.compile(
    r"^[ \t]*(?:ENV|ARG)[ \t]+((?:[^\\\n]|\\(?:\r?\n)?)*)", re.MULTILINE | re.IGNORECASE
)
_DOCKER_PAIR: Final = re.compile(r"([A-Za-z_]\w*)=[\"']?([\w./:@-]+)")
_DOCKER_OLD: Final = re.compile(r"([A-Za-z_]\w*)[ \t]+([\w./:@-]+)[ \t]*\Z")
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_OPEN: Final = re.compile(r"\$\{?(?:[A-Za-z_]\w*|\d|@)\}?")
"""A variable, or an argument of the script, and nothing beside it."""


def open_argument(argument: Argument, start: int, emitter: Emitter) -> Gap:
    """Return the gap of an option that surely names a model by what only the run knows."""
    line, column = emitter.source.position(start)
    what = " ".join(part for part in (argument.program, argument.flag) if part)
    detail = f"{what} takes {argument.value!r}, which this script does not set"
    return Gap(f"dynamic:{argument.value}", GapReason.DYNAMIC, detail, emitter.source.path, line, column)


def _followed(argument: Argument, start: int, known: dict[str, str], emitter: Emitter) -> Iterator[Reference]:
    """`--model "$ORG/$NAME"`: put together from what the script itself assigns once."""
    missing = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal missing
        missing = missing or match.group(1) not in known
        return known.get(match.group(1), "")

    value = _VARIABLE.sub(value_of, argument.value)
    if missing or "$" in value or value.startswith(("/", ".", "~")):
        return  # a folder of this machine says nothing that its parts do not
    for reference in emitter.argument(argument._replace(value=value), start):
        place = reference.occurrence
        written = replace(place, raw=argument.value, end=place.column + len(argument.value))
        yield replace(reference, occurrence=written, confidence=min(reference.confidence, 0.85))


def _assigned(text: str, *, docker: bool) -> Iterator[tuple[str, str]]:
    """What the file itself sets, with `ENV MODEL=a/b`, `ARG MODEL=a/b` and `ENV MODEL a/b` of Dockerfiles."""
    for match in _ASSIGNED.finditer(text):
        yield match.group(1), match.group(2)
    for instruction in _DOCKER_VARIABLES.finditer(text) if docker else ():
        old = _DOCKER_OLD.match(instruction.group(1))
        for found in (old,) if old else _DOCKER_PAIR.finditer(instruction.group(1)):
            yield found.group(1), found.group(2)


def _commands(
    text: str, emitter: Emitter, comments: list[tuple[int, int]], *, docker: bool = False
) -> Iterator[Reference | Gap]:
    known: dict[str, str] = {}
    several: set[str] = set()
    for name, value in _assigned(text, docker=docker):
        if known.setdefault(name, value) != value:
            several.add(name)
    for name in several:
        del known[name]
    for argument in read_command(text):
        if argument.role == "comment":
            comments.append((argument.start, argument.end))
            continue
        start = argument.start
        if emitter.text[start : start + len(argument.value)] != argument.value:
            # Escapes inside the value: the place is where it begins.
            start = min(start, len(text) - 1)
        made = False
        if "$" in argument.value and "{{" not in argument.value and argument.role != "image":
            for reference in _followed(argument, start, known, emitter):
                made = True
                yield reference
        for reference in emitter.argument(argument, start):
            made = True
            yield reference
        if not made and argument.sure and argument.program and argument.role == "model":
            names = _VARIABLE.findall(argument.value)
            if _OPEN.fullmatch(argument.value) and not (set(names) & (known.keys() | several)):
                yield open_argument(argument, start, emitter)


_BEFORE: Final = 2000
"""Characters before a name that are looked at: a line has no end to rely on."""


_CASE: Final = re.compile(r"::\w+\[$")
_PLAIN: Final = r"(?:True|False|None|auto|half|float(?:16|32)|bfloat16)"
_CASE_HEAD: Final = re.compile(rf"(?:(?:{_PLAIN}|\d+)-)+")
_CASE_TAIL: Final = re.compile(rf"(?:-{_PLAIN})+$")


def _parameter(word: str) -> tuple[int, str]:
    """`test_generate[False-5-facebook/opt-125m]`: pytest joins a case's parameters with dashes."""
    head = _CASE_HEAD.match(word)
    skip = head.end() if head else 0
    return skip, _CASE_TAIL.sub("", word[skip:])


def _bare(
    hits: Sequence[Hit], text: str, emitter: Emitter, taken: list[tuple[int, int]], comments: list[tuple[int, int]]
) -> Iterator[Reference]:
    """Names that no option or command claims: `python run.py Qwen/…`, lists, heredocs, addresses."""
    taken.sort()
    begins = [start for start, _ in taken]
    starts = [start for start, _ in comments]
    done: set[int] = set()
    pending: dict[int, list[int]] = {}
    size = len(text)
    for hit in hits:
        index = bisect_right(starts, hit.start) - 1
        if index >= 0 and hit.start < comments[index][1]:
            pending.setdefault(index, []).append(hit.start)
            continue
        index = bisect_right(begins, hit.start) - 1
        if index >= 0 and hit.start < taken[index][1]:
            continue
        begin, end = hit.start, hit.end
        while begin > 0 and text[begin - 1] in _WORD and hit.start - begin < 300:
            begin -= 1
        while end < size and text[end] in _WORD and end - hit.end < 300:
            end += 1
        if begin in done:
            continue
        done.add(begin)
        word = text[begin:end].strip(".:@+").lstrip("-")
        begin = text.index(word, begin) if word else begin
        if not word or word.startswith("//"):
            continue
        line = text[max(0, begin - _BEFORE) : begin].rpartition("\n")[2]
        if text[begin - 1 : begin] == "[" and _CASE.search(line):
            skip, word = _parameter(word)
            begin += skip
        if "://" in word:
            stop = end
            while stop < size and text[stop] not in " \t\r\n\"'`)>\\;|,":
                stop += 1
            begin_line = re.search(r"[a-zA-Z][a-zA-Z0-9+.\-]*://", text[begin:stop])
            if begin_line:
                yield from emitter.addresses(text[begin:stop], begin, Context())
            continue
        if text[begin - 1 : begin] in {"$", "%", "*", "=", "}", "{"} and text[begin - 1 : begin] != "=":
            continue
        if text[end : end + 1] in {"(", "=", "*", "$", "{", "["} or _NO_MODELS.search(line):
            continue
        spoken = _SPOKEN.search(line) is not None
        if spoken and "/" not in word and ":" not in word:
            continue  # what a script tells people
        before = line.rstrip("\"'= ")
        option = before.rpartition(" ")[2]
        yield from emitter.value(
            word,
            begin,
            Context(
                key=option.lstrip("-") if option.startswith("--") or line.endswith("=") else "",
                text=spoken,
            ),
        )
    for index, places in pending.items():
        yield from emitter.prose(comments[index][0], comments[index][1], places, use=Use.COMMENT)


def _kind(name: str) -> str:
    if "dockerfile" in name or "containerfile" in name:
        return "docker"
    if "modelfile" in name:
        return "modelfile"
    if name.endswith((".mk", ".mak")) or "makefile" in name or "justfile" in name:
        return "make"
    if name.endswith((".service", ".container", ".timer", ".socket")):
        return "unit"
    if name.endswith((".ps1", ".psm1", ".bat", ".cmd")):
        return "powershell"
    return "shell"


def detect(source: SourceFile, hits: Sequence[Hit]) -> Iterable[Detection]:
    """Yield what the file names."""
    if not hits:
        return
    text = text_of(source)
    if len(text) > _MAX:
        text = text[:_MAX]
        source.leave(f"only the first {_MAX >> 20} MiB were looked at")
    kind = _kind(source.name.lower())
    emitter = Emitter(source, _ID, Use.DEPLOY if kind in {"docker", "unit", "modelfile"} else Use.LOAD)
    comments: list[tuple[int, int]] = []
    taken: list[tuple[int, int]] = []
    found: list[Reference] = []
    gaps: list[Gap] = []
    if kind == "modelfile":
        yield from _modelfile(text, emitter)
        return
    commands = text
    if kind == "docker":
        found.extend(_dockerfile(text, emitter))
        commands = _DOCKER.sub(
            lambda m: (
                _blank(m)
                if m.group(1).upper() not in {"ENV", "ARG"}
                else "ENV" + " " * (len(m.group()) - 3)
                if m.group()[:1] not in " \t"
                else m.group()
            ),
            text,
        )
    elif kind == "make":
        found.extend(_settings(_MAKE, text, emitter))
        commands = _RECIPE.sub(_blank, text)
    elif kind == "unit":
        commands = _UNIT.sub(_blank, text)
    elif kind == "powershell":
        found.extend(_settings(_POWERSHELL, text, emitter))
    for item in _commands(commands, emitter, comments, docker=kind == "docker"):
        if isinstance(item, Gap):
            gaps.append(item)
        else:
            found.append(item)
    for match in _DEFAULTED.finditer(text):
        row = lookup(match.group(1))
        if row is None:
            continue
        for word in _DEFAULTS.finditer(match.group(2)):
            start = match.start(2) + word.start()
            context = context_for(row, match.group(1))
            found.extend(emitter.value(word.group(), start, context, symbol=match.group(1), use=Use.DEFAULT))
    if kind == "shell":
        found.extend(lists(text, emitter))
    if kind == "docker" and "REVISION" in text:
        found = list(_with_revision(text, found))
    comments.sort()
    for reference in found:
        place = reference.occurrence
        start, end = source.line_bounds(place.line)
        line = source.line_text(place.line)
        ascii_ = len(line) == end - start  # then columns are bytes, and long lines need no second encoding
        offset = start + (place.column - 1 if ascii_ else len(line[: place.column - 1].encode()))
        taken.append((offset, offset + max(len(place.raw.encode()), 1)))
    yield from found
    yield from gaps
    yield from _bare(hits, text, emitter, taken, comments)


DETECTOR = Detector(
    _ID,
    tuple(
        """
*.sh *.bash *.zsh *.fish *.ksh *.ps1 *.psm1 *.bat *.cmd dockerfile* *.dockerfile containerfile* *dockerfile
makefile* *.mk gnumakefile justfile *.just *.service *.container procfile* *.sbatch *.slurm *.sub *.job
modelfile* *.modelfile *.pbs *.sh.j2 *.sh.tpl *.sh.template entrypoint *.command vagrantfile *.bats
.bashrc .zshrc .profile .bash_profile .zprofile .zshenv .bash_aliases .aliases .zsh_aliases
""".split()
    ),
    (*NAMES, *ADDRESSES, *HOSTS, *KEY_VALUE_KEYS),
    detect,
)
