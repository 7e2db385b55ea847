"""The Hub's answers for many inventories: asked once for all, then replayed in any process, without network.

`fetch_answers` plays the resolution of every wanted id against the answers so far and asks for what was missing,
until nothing is: the same questions as one resolution after the other would ask, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from aicheck.core.evidence import Gap, GapReason
from aicheck.resolve.cache import AnswerCache
from aicheck.resolve.hub import Hub, HubSettings
from aicheck.resolve.lineage import MAX_DEPTH
from aicheck.resolve.records import RepoRecord
from aicheck.resolve.store import Sources, Store

__all__ = ["Answers", "ReplayedHub", "fetch_answers", "replayed"]

_CHUNK: Final = 256
"""Questions between two reports of progress."""

ModelKey = tuple[str, str | None]
FileKey = tuple[str, str | None, str]


@dataclass(slots=True)
class Answers:
    """What the Hub said; can be pickled and sent to other processes."""

    endpoint: str
    models: dict[ModelKey, RepoRecord | Gap] = field(default_factory=dict)
    files: dict[FileKey, bytes | Gap] = field(default_factory=dict)
    """By id, commit and path."""


class ReplayedHub(Hub):
    """Answers from memory what `resolve` asks of the Hub; never opens a connection."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(HubSettings(endpoint=answers.endpoint), cache=AnswerCache(None))
        self._answers = answers
        self.missing_models: set[ModelKey] = set()
        self.missing_files: dict[FileKey, RepoRecord] = {}

    def models(self, ids: Iterable[ModelKey]) -> dict[ModelKey, RepoRecord | Gap]:
        """Return what was answered; what was never asked is noted and a gap."""
        found: dict[ModelKey, RepoRecord | Gap] = {}
        for key in ids:
            answer = self._answers.models.get(key)
            if answer is None:
                self.missing_models.add(key)
                answer = Gap(f"hf:{key[0]}", GapReason.UNREACHABLE, "the Hub was not asked")
            found[key] = answer
        return found

    def files(self, wanted: Iterable[tuple[RepoRecord, str]], *, length: int = 1 << 20) -> list[bytes | Gap]:
        """As `models`, for files; `length` was applied when they were fetched."""
        del length
        found: list[bytes | Gap] = []
        for record, path in wanted:
            key = (record.id, record.commit, path)
            answer = self._answers.files.get(key)
            if answer is None:
                self.missing_files[key] = record
                answer = Gap(f"hf:{record.id}/{path}", GapReason.UNREACHABLE, "the Hub was not asked")
            found.append(answer)
        return found

    def close(self) -> None:
        """Nothing is open."""


def replayed(sources: Sources, answers: Answers | None) -> Sources:
    """Return sources that rest on the catalog and on these answers; None = the Hub was not to be asked."""
    if answers is None:
        return replace(sources, hub=None, offline=True)
    return replace(sources, hub=ReplayedHub(answers), offline=False)


def fetch_answers(
    wanted: Iterable[ModelKey], sources: Sources, progress: Callable[[int, int], None] | None = None
) -> Answers | None:
    """Ask the Hub for every wanted (id, revision) and all their ancestors, each once; None without a Hub.

    `progress(done, known)` is called now and then. What fails is a gap among the answers.
    """
    hub = sources.hub
    if hub is None or sources.offline or sources.locked:
        return None
    answers = Answers(hub.endpoint)
    keys = sorted(set(wanted), key=str)
    for _ in range(MAX_DEPTH + 2):
        probe = ReplayedHub(answers)
        known = replace(sources, hub=probe)
        for repo, revision in keys:
            Store(known).load({repo: revision})
        models, files = sorted(probe.missing_models, key=str), sorted(probe.missing_files.items(), key=str)
        if not models and not files:
            break
        for start in range(0, len(models), _CHUNK):
            answers.models.update(hub.models(models[start : start + _CHUNK]))
            if progress is not None:
                progress(len(answers.models), len(answers.models) + len(models[start + _CHUNK :]))
        contents = hub.files([(record, key[2]) for key, record in files])
        answers.files.update(zip((key for key, _ in files), contents, strict=True))
    hub.close()
    return answers
