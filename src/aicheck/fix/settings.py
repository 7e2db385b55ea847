"""Pins in settings: the key beside the model's that says which revision is loaded, where the reader has one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aicheck.discover.structure.braces import read_braces
from aicheck.discover.structure.entries import Entry, pair_names
from aicheck.discover.structure.lines import read_lines
from aicheck.discover.structure.revisions import Revisions
from aicheck.discover.structure.yaml import read_yaml
from aicheck.errors import SourceError
from aicheck.fix.edits import Edit, Place, Refused, Text
from aicheck.knowledge.keys import normalize

__all__ = ["SERVERS", "pins"]

SERVERS: Final = re.compile(
    r"text-generation-(?:launcher|inference)|text-embeddings-(?:router|inference)|\btei\b|\btgi\b"
)
"""Programs that take the variables `MODEL_ID` and `REVISION`."""
_TRAINING: Final = frozenset(
    """
output_dir learning_rate num_train_epochs per_device_train_batch_size gradient_accumulation_steps
dataset_name dataset_mixer stage finetuning_type do_train lr_scheduler_type max_seq_length
""".split()
)
_AXOLOTL: Final = frozenset(
    "micro_batch_size sequence_len adapter lora_r dataset_prepared_path num_epochs sample_packing".split()
)
_VLLM: Final = frozenset(
    """
tensor_parallel_size gpu_memory_utilization max_model_len max_num_seqs served_model_name enforce_eager
pipeline_parallel_size enable_prefix_caching max_num_batched_tokens
""".split()
)
_ENVIRONMENTS: Final = frozenset({"environment", "env", "extra_env", "env_vars"})
_UNKNOWN: Final = "no revision stands beside it, and what reads these settings is not known to take one"
_LINE: Final = re.compile(r"([ \t]*)((?:-[ \t]+)*)(export[ \t]+|set[ \t]+)?([\"']?)([\w.\-]+)\4([ \t]*[:=][ \t]*)")


def pins(source: Text, place: Place, detector: str) -> list[Edit]:
    """Edits that pin the model that a setting names. Raises `Refused` where that is not safe."""
    held = _Settings(source, detector)
    entry, key = held.at(place)
    if "://" in place.raw:
        return _in_address(place, key)
    if "@" in place.raw:
        return [_after_at(place)]
    found = held.revisions.of(entry, key, dataset=key.startswith("dataset"))
    if found is None:
        return [held.insertion(entry, key, place)]
    if found.value == place.commit:
        return []
    if "{" in found.value or "$" in found.value:
        raise Refused("the revision comes from elsewhere")
    if found.value != (place.revision or ""):
        raise Refused(f"the revision there is {found.value!r}")
    return [Edit(held.offset(found.start), held.offset(found.end), place.commit)]


def _in_address(place: Place, key: str) -> list[Edit]:
    """`storageUri: hf://owner/name:revision`, as KServe reads it."""
    if key != "storage_uri" or not place.raw.startswith("hf://"):
        raise Refused("what reads this address is not known to take a revision")
    name, mark, held = place.raw.removeprefix("hf://").partition(":")
    if held != (place.revision or ""):
        raise Refused(f"the revision there is {held!r}")
    start = place.start + len("hf://") + len(name)
    return [Edit(start + len(mark), place.end, place.commit if mark else f":{place.commit}")]


def _after_at(place: Place) -> Edit:
    """`owner/name@branch`: who wrote it knows that the reader splits it there."""
    name, _, held = place.raw.rpartition("@")
    if not held or held != place.revision:
        raise Refused("the name is part of a longer word")
    return Edit(place.start + len(name) + 1, place.end, place.commit)


class _Settings:
    def __init__(self, source: Text, detector: str) -> None:
        self.source = source
        self.detector = detector
        self._data = source.text.encode("utf-8")
        text = self._data.decode("latin-1")
        try:
            self.entries: Sequence[Entry] = _entries(text, detector, source.path)
        except SourceError as error:
            raise Refused(str(error)) from None
        self.named = pair_names(self.entries)
        self.revisions = Revisions(self.entries, self.named)

    def offset(self, byte: int) -> int:
        """Offset in code points of a byte of the file."""
        return byte if self.source.text.isascii() else len(self._data[:byte].decode("utf-8", "replace"))

    def at(self, place: Place) -> tuple[Entry, str]:
        """The setting at a place, and its normalised key."""
        for entry in self.entries:
            start = self.offset(entry.start)
            if start <= place.start < max(self.offset(entry.end), start + 1):
                if entry.block or "\n" in entry.value:
                    raise Refused("the name stands in a text of several lines")
                key = self.named.get(id(entry)) or (entry.path[-1] if entry.path else "")
                if entry.item and id(entry) not in self.named:
                    key = entry.value.partition("=")[0] if "=" in entry.value else ""
                    if not key or entry.value.partition("=")[2].strip("\"' ") != place.raw:
                        raise Refused("the name stands in a list: where it is loaded cannot be told")
                elif entry.value.strip() != place.raw:
                    raise Refused("the name is part of a longer value")
                return entry, normalize(key)
        raise Refused("the name stands in no setting")

    # -- where none stands yet ---------------------------------------------------------------------------

    def insertion(self, entry: Entry, key: str, place: Place) -> Edit:
        """Add the setting that the reader of these takes. Raises `Refused` where none is known."""
        name = self._name(entry, key)
        if name is None:
            raise Refused(_UNKNOWN)
        if re.search(rf"(?m)^[ \t]*(?:- )?(?:name: )?[\"']?{re.escape(name)}\b", self._beside(place.start)):
            raise Refused(f"'{name}' stands beside it and holds no revision that can be read")
        start, end = self.source.line_of(place.start)
        line = self.source.text[start:end]
        if id(entry) in self.named:
            return self._pair(entry, name, place, start, end)
        if entry.item:
            item = re.fullmatch(r"([ \t]*- )([\"']?)[\w.]+=[\"']?[^\"'\s]+[\"']?\s*(?:#.*)?", line)
            if item is None:
                raise Refused("the list is not written one item a line")
            return self._line(end, f"{item[1]}{item[2]}{name}={place.commit}{item[2]}")
        head = _LINE.match(line)
        if head is None or start + head.end() > place.start or place.start - start - head.end() > 1:
            raise Refused("the setting does not stand on a line of its own")
        tail = line[place.end - start :]
        if not re.fullmatch(r"[\"']?[ \t]*,?[ \t]*(?:(?:#|//).*)?", tail):
            raise Refused("the setting does not stand on a line of its own")
        quote = '"' if head[6].strip() == ":" or place.raw != line[head.end() : place.end - start] else ""
        lead = head[1] + " " * len(head[2]) + (head[3] or "")
        said = f"{lead}{head[4]}{name}{head[4]}{head[6]}{quote}{place.commit}{quote}"
        if self.detector == "json":
            # Before the model's own line: there a comma follows in any case.
            return Edit(start, start, f"{said},{self.source.newline}")
        return self._line(end, said)

    def _image(self, entry: Entry) -> str:
        """The image of the service or container that an environment belongs to."""
        owner = next((n for n, part in enumerate(entry.path) if normalize(part) in _ENVIRONMENTS), 0)
        images = [
            each
            for each in self.entries
            if each.path[:owner] == entry.path[:owner] and each.path[owner : owner + 1] == ("image",)
        ]
        # Documents of one file may have the same paths: the nearest is this one's.
        return min(images, key=lambda each: abs(each.start - entry.start)).value if owner and images else ""

    def _beside(self, start: int) -> str:
        """The lines of the block that a place stands in: those around it that are indented no less."""
        lines = self.source.text.split("\n")
        own = self.source.text.count("\n", 0, start)
        depth = len(lines[own]) - len(lines[own].lstrip())
        found = []
        for step in (-1, 1):
            at = own + step
            while 0 <= at < len(lines):
                line = lines[at]
                shallow = len(line) - len(line.lstrip()) < depth - 2 * line.lstrip().startswith("- ")
                if line.strip() and (shallow or line.lstrip().startswith(("[", "---"))):
                    break
                found.append(line)
                at += step
        return "\n".join(found)

    def _line(self, end: int, text: str) -> Edit:
        return Edit(end, end, f"{self.source.newline}{text}")

    def _pair(self, entry: Entry, name: str, place: Place, start: int, end: int) -> Edit:
        """`- name: MODEL_ID` and `value: …` on the next line: one more pair of the same look."""
        above, _ = self.source.line_of(max(start - 1, 0))
        first = self.source.text[above : max(start - 1, 0)].rstrip("\r")
        written = re.fullmatch(r"([ \t]*)- ([\w]+): ([\"']?)([\w.]+)\3[ \t]*", first)
        value = re.fullmatch(r"([ \t]*)([\w]+): [\"']?[^\"'\s]+[\"']?[ \t]*", self.source.text[start:end])
        if self.detector != "yaml" or written is None or value is None or written[4] != self.named[id(entry)]:
            raise Refused("the pair of name and value is not written on two lines")
        quote = written[3]
        lines = [
            f"{written[1]}- {written[2]}: {quote}{name}{quote}",
            f'{value[1]}{value[2]}: "{place.commit}"',
        ]
        return self._line(end, self.source.newline.join(lines))

    def _name(self, entry: Entry, key: str) -> str | None:
        written = self.named.get(id(entry)) or (entry.path[-1] if entry.path else "")
        if key == "hf_model_id":
            return "HF_MODEL_REVISION"  # Hugging Face's containers on SageMaker
        if key == "model_id" and SERVERS.search(self._image(entry)):
            return "REVISION"
        if entry.item or id(entry) in self.named or self.detector != "yaml":
            return None
        beside = set(entry.mapping.scalars) | {
            normalize(each.path[len(entry.path) - 1])
            for each in self.entries
            if len(each.path) > len(entry.path) and each.path[: len(entry.path) - 1] == entry.path[:-1]
        }
        if key == "model_name_or_path" and beside & _TRAINING:
            return "model_revision"
        if key == "base_model" and beside & _AXOLOTL:
            return "revision_of_model"
        if key == "model" and len(beside & _VLLM) > 1 and written == "model":
            return "revision"
        return None


def _entries(text: str, detector: str, path: str) -> Sequence[Entry]:
    if detector == "yaml":
        return read_yaml(text).entries
    if detector == "settings-files":
        return read_lines(text)[0]
    return read_braces(text, lines=detector == "infrastructure" and not path.lower().endswith(".nix")).entries
