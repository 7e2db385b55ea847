"""One file with its edits, and the proof: the result parses, names the same models, and its pins are found."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cached_property
from typing import Any, Final

from aicheck.core.component import Component
from aicheck.core.frozen import dataclass
from aicheck.core.reference import Reference
from aicheck.core.target import HubDataset, HubModel
from aicheck.discover import DiscoverSettings, discover
from aicheck.discover.trees import MemoryTree
from aicheck.fix import commands, javascript, settings, urls
from aicheck.fix.edits import Edit, Place, Refused, Text, applied
from aicheck.fix.notebook import Notebook
from aicheck.fix.python import PythonFile, same_but_for

__all__ = ["Job", "OpenFile", "proof", "revision_of"]

_OPTIONS: Final = frozenset({"revision", "trust_remote_code", "use_safetensors"})
_COMMAND_KEYS: Final = re.compile(r"(?i)(?:^|\.)(?:command|args|cmd|entrypoint|run|script|exec\w*)\b(?:\[\d+\])?$")
_STRUCTURED: Final = frozenset({"yaml", "json", "infrastructure", "settings-files"})
_VARIABLE: Final = re.compile(r"(?:^|[ .])(?:HF_)?MODEL_ID$")


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do at one place."""

    reference: Reference
    component: Component
    what: str
    """`pin`, `trust_remote_code` or `use_safetensors`."""
    commit: str | None = None


def revision_of(reference: Reference) -> str | None:
    """The branch, tag or commit that the code asks for at a reference."""
    own = reference.target.revision if isinstance(reference.target, HubModel | HubDataset) else None
    return reference.attribute("revision") or own


class OpenFile:
    """One file with its edits by job."""

    def __init__(self, path: str, data: bytes) -> None:
        """Read the text. Raises `Refused` where it is not UTF-8."""
        try:
            self.text = Text(path, data.decode("utf-8"))
        except UnicodeDecodeError:
            raise Refused("the file is not UTF-8") from None
        self.beside: dict[str, bytes] = {}
        """Files whose constants this one reads: discovery follows them, so the proof needs them."""
        self.edits: dict[int, tuple[Job, list[Edit]]] = {}

    @cached_property
    def _python(self) -> PythonFile:
        return PythonFile(self.text)

    @cached_property
    def _notebook(self) -> tuple[Notebook, PythonFile]:
        book = Notebook(self.text)
        return book, PythonFile(book.python)

    def edit(self, job: Job) -> None:
        """Work out the edits of one job. Raises `Refused`."""
        found = [each for each in self._found(job, self._place(job)) if self._changes(each)]
        self.edits[len(self.edits)] = (job, found)

    def _changes(self, edit: Edit) -> bool:
        return self.text.text[edit.start : edit.end] != edit.new

    def _found(self, job: Job, place: Place) -> list[Edit]:
        detector = job.reference.occurrence.detector
        if place.symbol.endswith("git clone"):
            raise Refused("git clone takes no commit: check it out afterwards, or use 'hf download --revision'")
        if detector == "notebook":
            book, python = self._notebook
            inside = book.at(place)
            if book.is_command(inside):
                if job.what != "pin":
                    raise Refused("only calls in Python are edited")
                return book.edits(commands.pins(book.shell, inside))
            if job.what == "pin" and place.raw.startswith(("http://", "https://")):
                return urls.pins(self.text, place)
            return book.edits(_in_python(python, job, inside))
        if job.what == "pin" and place.raw.startswith(("http://", "https://")):
            return urls.pins(self.text, place)
        if detector == "python":
            return _in_python(self._python, job, place)
        if job.what != "pin":
            raise Refused("only calls in Python are edited")
        if detector == "javascript":
            return javascript.pins(self.text, place)
        if detector in _STRUCTURED and not _COMMAND_KEYS.search(place.symbol):
            try:
                return settings.pins(self.text, place, detector)
            except Refused as reason:
                if detector == "settings-files":
                    raise
                with_command = str(reason)
            try:
                return commands.pins(self.text, place)
            except Refused:
                raise Refused(with_command) from None
        if detector in {"shell", "yaml", "json", "infrastructure", "text"}:
            if detector == "shell" and _VARIABLE.search(place.symbol) and _is_dockerfile(self.text.path):
                return _environment(self.text, place)
            return commands.pins(self.text, place)
        raise Refused(f"no edit is known for {detector}")

    def _place(self, job: Job) -> Place:
        where = job.reference.occurrence
        start = self.text.offset(where.line, where.column)
        length = where.end - where.column
        held = self.text.text[start : start + length]
        if held != where.raw[: len(held)] or len(held) != length or not held:
            raise Refused("the place does not hold the name as it is")
        return Place(start, start + length, held, job.commit or "", revision_of(job.reference), where.symbol)

    def result(self) -> str:
        """The text with all edits. Raises `Refused` where they overlap."""
        return applied(self.text.text, [edit for _, edits in self.edits.values() for edit in edits])


def _in_python(file: PythonFile, job: Job, place: Place) -> list[Edit]:
    if job.what == "trust_remote_code":
        return file.without(place, job.what)
    if job.what == "use_safetensors":
        return file.with_option(place, job.what)
    return file.pins(place)


def _is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return "dockerfile" in name or "containerfile" in name


def _environment(source: Text, place: Place) -> list[Edit]:
    """`ENV MODEL_ID=owner/name` in an image of a server that takes `REVISION` from the environment."""
    text = source.text
    start, end = source.line_of(place.start)
    line = re.fullmatch(r"([ \t]*ENV[ \t]+)((?:HF_)?MODEL_ID)([= ])[\"']?[^\s\"']+[\"']?[ \t]*", text[start:end])
    name = "HF_MODEL_REVISION" if line and line[2] == "HF_MODEL_ID" else "REVISION"
    held = list(re.finditer(rf"(?m)^[ \t]*ENV[ \t]+{name}[= ][\"']?([\w./-]+)", text))
    if len(held) > 1:
        raise Refused(f"'{name}' is set more than once")
    if held:
        if held[0][1] not in {place.commit, place.revision or ""}:
            raise Refused(f"the revision there is {held[0][1]!r}")
        return [Edit(held[0].start(1), held[0].end(1), place.commit)]
    if line is None:
        raise Refused("the variable does not stand on a line of its own")
    if name == "REVISION" and not settings.SERVERS.search(text):
        raise Refused("the image is not known to take the variable REVISION")
    return [Edit(end, end, f"{source.newline}{line[1]}{name}{line[3]}{place.commit}")]


# -- the proof -------------------------------------------------------------------------------------------------

Seen = tuple[Counter[str], dict[tuple[str, str], list[str | None]]]


def _names(held: OpenFile, text: str, settings_: DiscoverSettings) -> Seen:
    """What discovery sees in one file: targets with counts, and the revisions at which each is asked for."""
    path = held.text.path
    found = discover(MemoryTree({**held.beside, path: text.encode("utf-8")}, name=path), settings_)
    targets: Counter[str] = Counter()
    revisions: dict[tuple[str, str], list[str | None]] = {}
    for reference in found.references:
        targets[str(reference.target)] += 1
        key = (str(reference.target), _symbol(reference))
        revisions.setdefault(key, []).append(revision_of(reference))
    return targets, revisions


def _symbol(reference: Reference) -> str:
    return re.sub(r"\[\d+\]", "[]", reference.occurrence.symbol)


def proof(held: OpenFile, settings_: DiscoverSettings) -> str | None:
    """Say what is wrong with the result; None where it is what was meant."""
    path, before = held.text.path, held.text.text
    try:
        after = held.result()
    except Refused as reason:
        return str(reason)
    if not _same_program(held, after):
        return "the result would not be the same program"
    if not _parses(path, after):
        return "the result would not parse"
    old, _ = _names(held, before, settings_)
    new, revisions = _names(held, after, settings_)
    if old != new:
        return "the result would name other models"
    pinned: Counter[tuple[str, str]] = Counter()
    for job, _ in held.edits.values():
        if job.what == "pin":
            key = (str(job.reference.target), _symbol(job.reference))
            pinned[key] += 1
            if revisions.get(key, []).count(job.commit) < pinned[key]:
                return "the next scan would not find the pin"
    return None


def _same_program(held: OpenFile, after: str) -> bool:
    path, before = held.text.path, held.text.text
    plain = _without_urls(held, after)
    if path.endswith((".py", ".pyi")):
        return same_but_for(before, plain, _OPTIONS)
    if path.endswith(".ipynb"):
        try:
            sides = [Notebook(Text(path, text)).python.text for text in (before, plain)]
        except Refused:
            return False
        return same_but_for(sides[0], sides[1], _OPTIONS)
    return True


def _without_urls(held: OpenFile, after: str) -> str:
    """The result with pinned addresses as they were: they are the one change inside a string."""
    for job, edits in held.edits.values():
        raw = job.reference.occurrence.raw
        if edits and raw.startswith(("http://", "https://")) and job.commit:
            branch = revision_of(job.reference) or "main"
            for word in ("resolve", "raw", "blob", "tree"):
                after = after.replace(f"/{word}/{job.commit}", f"/{word}/{branch}")
    return after


def _parses(path: str, text: str) -> bool:
    low = path.lower()
    load: Any = None
    if low.endswith((".json", ".ipynb")):
        load = json.loads
    elif low.endswith(".toml"):
        import tomllib  # noqa: PLC0415 - one kind of file each

        load = tomllib.loads
    elif low.endswith((".yaml", ".yml")) and "{{" not in text:
        import yaml  # noqa: PLC0415 - one kind of file each

        def load(content: str) -> object:
            return list(yaml.compose_all(content, Loader=yaml.SafeLoader))

    if load is None:
        return True
    try:
        load(text.removeprefix("\ufeff"))
    except ValueError:
        return False
    except Exception as error:  # noqa: BLE001 - every class of YAML error means the same here
        return "yaml" not in type(error).__module__
    return True
