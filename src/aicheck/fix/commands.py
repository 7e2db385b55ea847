"""Pins on command lines: `--revision <commit>` in shell scripts, Dockerfiles, compose files and manifests."""

from __future__ import annotations

import re
from typing import Final

from aicheck.fix.edits import Edit, Place, Refused, Text
from aicheck.fix.settings import SERVERS

__all__ = ["pins"]

_DOWNLOADS: Final = re.compile(r"\b(?:huggingface-cli|hf)\s+(?:download|snapshot)\b")
_SERVERS: Final = re.compile(
    r"\bvllm\b|text-generation-(?:launcher|inference)|text-embeddings-(?:router|inference)|\bsglang\b|\btei\b|\btgi\b"
)
_TRAINERS: Final = re.compile(
    r"\btrl\s+(?:sft|dpo|grpo|kto|rloo|reward|chat)\b|\bllamafactory-cli\b|\bhuggingfaceserver\b"
)
"""Programs that take `--model_revision`."""
_EVALUATION: Final = re.compile(r"\blm[_-]eval\b|\blm_eval\b")
_EVALUATED: Final = re.compile(r"--model[ =]+[\"']?(hf|huggingface|hf-auto|hf-multimodal|vllm|vllm-vlm)\b")
_REVISION: Final = re.compile(r"""--(?:model[_-])?revision(?:\s*=\s*|["'\s,]+(?:-\s+)?["']?)([\w./-]+)""")
_MODEL_FLAG: Final = re.compile(r"--(?:model|model-id|model-path|model_id)(=|\s+)$")
_VARIABLES: Final = re.compile(r"(?i)(?:^|\.)(?:env|environment|variables|ENV|ARG)\b(?!.*\bcommand\b)")
_ABOVE: Final = 60


def pins(source: Text, place: Place) -> list[Edit]:
    """Edits that pin the model on a command line. Raises `Refused` where that is not safe."""
    text = source.text
    passed = re.search(r"(?:-e|--env)[ =][\"']?((?:HF_)?MODEL_ID)=[\"']?$", text[: place.start][-80:])
    if passed:
        return _variable(source, place, passed[1])
    if _VARIABLES.search(place.symbol):
        raise Refused("the name is the value of a variable: its revision stands elsewhere")
    if "modelfile" in source.path.rpartition("/")[2].lower() or place.symbol.startswith("ollama"):
        raise Refused("Ollama takes no revision: download the file at a commit and name it by its path")
    if place.symbol.startswith("llama-server") or "llama-cli" in place.symbol:
        raise Refused("llama.cpp takes no revision: download the file at a commit and name it by its path")
    if re.search(r"--?dataset[\w-]*$", place.symbol):
        raise Refused("the program is not known to take a revision of its dataset")
    start, end = _command(source, place)
    command = text[start:end]
    if re.search(r"(?:^|[\"'\s,])(?:pretrained|tokenizer)=[\"']?$", text[start : place.start]):
        return _evaluated(command, start, place)
    if len(re.findall(re.escape(place.raw), command)) > 1 and "--revision" in command:
        raise Refused("the command names the model more than once")
    held = list(_REVISION.finditer(command))
    if held:
        if len(held) > 1:
            raise Refused("the command names more than one revision")
        if held[0][1] == place.commit:
            return []
        if held[0][1] != (place.revision or ""):
            raise Refused(f"the revision there is {held[0][1]!r}")
        return [Edit(start + held[0].start(1), start + held[0].end(1), place.commit)]
    download = bool(_DOWNLOADS.search(command))
    option = "--revision"
    if not download and not _SERVERS.search(command) and not _SERVERS.search(_block(source, place)):
        if not _TRAINERS.search(command):
            raise Refused("the program is not known to take --revision")
        option = "--model_revision"
    return [_insertion(source, place, option, download=download)]


def _variable(source: Text, place: Place, name: str) -> list[Edit]:
    """`docker run -e MODEL_ID=owner/name … image`: one more variable, for servers that take it."""
    start, end = _command(source, place)
    command = source.text[start:end]
    companion = "HF_MODEL_REVISION" if name == "HF_MODEL_ID" else "REVISION"
    held = re.search(rf"\b{companion}=[\"']?([\w./-]+)", command)
    if held:
        if held[1] == place.commit:
            return []
        return [Edit(start + held.start(1), start + held.end(1), place.commit)]
    if name == "MODEL_ID" and not SERVERS.search(command):
        raise Refused("the image is not known to take the variable REVISION")
    quote = source.text[place.end : place.end + 1]
    at = place.end + (quote in {'"', "'"} if quote else 0)
    if source.text[at : at + 1] not in {"", " ", "\t", "\r", "\n"}:
        raise Refused("the name is part of a longer word")
    return [Edit(at, at, f" -e {companion}={place.commit}")]


def _evaluated(command: str, start: int, place: Place) -> list[Edit]:
    """`lm_eval --model hf --model_args pretrained=owner/name,dtype=auto`: `revision=` among the arguments."""
    harness = _EVALUATED.search(command)
    if not _EVALUATION.search(command) or harness is None:
        raise Refused("what reads these arguments is not known to take a revision")
    at = place.start - start
    begin = max(command.rfind(mark, 0, at) for mark in " \t\n\"'") + 1
    finish = re.compile(r"[\s\"']|$").search(command, at)
    listed = command[begin : finish.start() if finish else len(command)]
    pairs = dict(re.findall(r"(\w+)=([^,]*)", listed))
    key = command[begin:at].rpartition(",")[2].rpartition("=")[0]
    other = pairs.get("tokenizer", place.raw) != pairs.get("pretrained", place.raw)
    if other and not harness[1].startswith("vllm"):
        raise Refused("the tokenizer is another repository, and the revision would be taken for both")
    option = "tokenizer_revision" if key == "tokenizer" and other else "revision"
    if key == "tokenizer" and not other:
        return []  # that of 'pretrained' is taken for both
    held = re.compile(rf"(?:^|,){option}=([^,]*)").search(listed)
    if held:
        if held[1] == place.commit:
            return []
        if held[1] != (place.revision or ""):
            raise Refused(f"the revision there is {held[1]!r}")
        return [Edit(start + begin + held.start(1), start + begin + held.end(1), place.commit)]
    if command[at + len(place.raw) : at + len(place.raw) + 1] not in {"", ",", " ", "\t", "\n", "\r", '"', "'"}:
        raise Refused("the name is part of a longer word")
    return [Edit(place.end, place.end, f",{option}={place.commit}")]


def _command(source: Text, place: Place) -> tuple[int, int]:
    """Extent of the command that a place stands in: its line, with the lines that a backslash joins."""
    text = source.text
    start, end = source.line_of(place.start)
    while start and re.search(r"\\\r?\n$", text[:start][-3:]):
        start = text.rfind("\n", 0, start - 1) + 1
    while text[max(end - 1, 0) : end] == "\\" and end < len(text):
        _, end = source.line_of(text.find("\n", end) + 1)
    if _is_item(text[slice(*source.line_of(place.start))]):
        start, end = _items(source, place)
    # Only the command between separators: another one on the line has options of its own.
    before = max((match.end() for match in re.finditer(r"&&|\|\||;", text[start : place.start])), default=0)
    after = re.search(r"&&|\|\||;", text[place.end : end])
    return start + before, place.end + after.start() if after else end


def _is_item(line: str) -> bool:
    return bool(re.match(r"\s*- ", line))


def _items(source: Text, place: Place) -> tuple[int, int]:
    """Extent of the YAML block list that a place stands in."""
    text = source.text
    start, end = source.line_of(place.start)
    indent = len(text[start:end]) - len(text[start:end].lstrip())

    def belongs(line: str) -> bool:
        return _is_item(line) and len(line) - len(line.lstrip()) == indent

    while start and belongs(text[slice(*source.line_of(start - 1))]):
        start = source.line_of(start - 1)[0]
    while (after := text.find("\n", end) + 1) and belongs(text[slice(*source.line_of(after))]):
        end = source.line_of(after)[1]
    return start, end


def _block(source: Text, place: Place) -> str:
    """Names of the images and programs of the mapping that a place stands in (a service, a container)."""
    text = source.text
    start, _ = source.line_of(place.start)
    line = text[slice(*source.line_of(place.start))]
    indent = len(line) - len(line.lstrip())
    if _is_item(line):
        # The list's key stands at its own depth or one above it.
        for _ in range(_ABOVE):
            if not start:
                break
            start = source.line_of(start - 1)[0]
            line = text[slice(*source.line_of(start))]
            if line.strip() and not _is_item(line):
                indent = len(line) - len(line.lstrip())
                break
    found: list[str] = []
    for forward in (False, True):
        at = start
        for _ in range(_ABOVE):
            if forward:
                at = text.find("\n", at) + 1
            elif at:
                at = source.line_of(at - 1)[0]
            else:
                break
            if not at and forward:
                break
            line = text[slice(*source.line_of(at))]
            depth = len(line) - len(line.lstrip())
            if line.strip() and depth < indent:
                # The first key of a list of containers stands behind the dash.
                dash = re.match(r"(\s*- )(?=\w)", line)
                if dash and len(dash[1]) == indent and not forward:
                    found.append(line)
                break
            if depth == indent:
                found.append(line)
    return "\n".join(line for line in found if re.search(r"\b(?:image|command|entrypoint|args)\b", line))


def _insertion(source: Text, place: Place, option: str, *, download: bool) -> Edit:
    text = source.text
    start, end = place.start, place.end
    quote = text[start - 1 : start] if text[start - 1 : start] in {'"', "'"} else ""
    line_start, line_end = source.line_of(start)
    ahead = text[line_start:start]
    flag = _MODEL_FLAG.search(ahead)
    joined = flag is not None and flag[1] == "="
    item = re.fullmatch(r"(\s*- )([\"']?)(?:--[\w-]+=)?", ahead)
    rest = text[end:line_end]
    if item is not None and re.fullmatch(rf"{re.escape(item[2])}\s*(#.*)?", rest):
        mark = item[2]
        said = [f"{option}={place.commit}"] if joined else [option, place.commit]
        newline = source.newline
        lines = "".join(f"{newline}{item[1]}{mark}{one}{mark}" for one in said)
        return Edit(line_end, line_end, lines)
    if quote and not joined and text[end : end + 1] == quote and re.match(r"\s*[,\]]", text[end + 1 : line_end]):
        return Edit(end + 1, end + 1, f", {quote}{option}{quote}, {quote}{place.commit}{quote}")
    flagged = re.search(r"([\"'])--[\w-]+=$", ahead)
    if flagged and text[end : end + 1] == flagged[1] and re.match(r"\s*[,\]]", text[end + 1 : line_end]):
        return Edit(end + 1, end + 1, f", {flagged[1]}{option}={place.commit}{flagged[1]}")
    if re.search(r"\[\s*[^\]]*$", ahead) and re.match(r"\s*[,\]]", rest):
        raise Refused("the list is written without quotes")
    if quote and text[end : end + 1] == quote:
        inner = re.search(rf"{quote}[^{quote}]*$", ahead[:-1])
        if inner is None:
            start, end = start - 1, end + 1
    if text[end : end + 1] not in {"", " ", "\t", "\r", "\n", '"', "'", "\\", ")", "`"}:
        raise Refused("the name is part of a longer word")
    if download:
        # File names may follow the model: an option between them and it would end their list.
        return Edit(start, start, f"{option} {place.commit} ")
    return Edit(end, end, f" {option}{'=' if joined else ' '}{place.commit}")
