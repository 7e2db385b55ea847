"""revision-pinned: what is loaded is named by a full commit; a branch or a tag can be moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from aicheck.core.component import Component
from aicheck.core.evidence import Known
from aicheck.core.reference import Reference
from aicheck.core.target import HubDataset, HubModel, Kind, RegistryModel
from aicheck.evaluate.rule import Answer, Context, Option, Options, Rule, unknown, violation
from aicheck.evaluate.values import GLOBS, glob_any

_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_DIGEST = re.compile(r"sha256[:-]?[0-9a-f]{64}|[0-9a-f]{64}", re.IGNORECASE)
_ABBREVIATED = re.compile(r"[0-9a-f]{7,39}", re.IGNORECASE)


def _revision(reference: Reference) -> str | None:
    written = reference.attribute("revision")
    if written is not None:
        return written
    target = reference.target
    return target.revision if isinstance(target, HubModel | HubDataset) else None


def _judge(reference: Reference) -> tuple[bool | None, str]:
    """(pinned?, what is wrong)."""
    target = reference.target
    if isinstance(target, RegistryModel):
        text = f"{target.name}:{target.tag or ''}"
        if reference.attribute("sha256") or "@sha256:" in text or _DIGEST.fullmatch(target.tag or ""):
            return True, ""
        return (
            False,
            f"the tag {target.tag!r} can be moved" if target.tag else "no tag is named, so `latest` is taken",
        )
    revision = _revision(reference)
    if not revision:
        return False, "no revision is named, so whatever `main` holds that day is taken"
    if _COMMIT.fullmatch(revision):
        return True, ""
    if _ABBREVIATED.fullmatch(revision):
        return False, f"the commit {revision!r} is abbreviated"
    # `v1.0` is a tag; `$REVISION`, `{{ rev }}` and `args.revision` are chosen when the program runs.
    if re.search(r"[${}()<]", revision) or re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", revision):
        return None, f"the revision is chosen at run time: {revision}"
    kind = "branch" if revision in {"main", "master"} else "branch or tag"
    return False, f"the {kind} {revision!r} can be moved"


def _check(component: Component, options: Options, context: Context) -> Iterator[Answer]:
    excepted = options.strings("except_models")
    if excepted and glob_any(excepted, (str(component.target), component.name, component.resolved_id)):
        return
    commit = component.revision.commit
    known = (("commit", f"{commit.value} today"),) if isinstance(commit, Known) else ()
    advice = f'name the commit: revision="{commit.value}"' if isinstance(commit, Known) else "name the full commit"
    if not context.references:
        # Asked about directly: a name without revision is a question, not a load.
        requested = [rev for rev in component.revision.requested if rev and not _COMMIT.fullmatch(rev)]
        if not component.revision.pinned and requested:
            shown = ", ".join(map(repr, requested))
            yield violation(f"not pinned to a commit: {shown}", "", known, help=advice)
        return
    found: dict[tuple[bool | None, str], list[Reference]] = {}
    for reference in context.references:
        pinned, what = _judge(reference)
        if not pinned:
            found.setdefault((pinned, what), []).append(reference)
    for (pinned, what), references in found.items():
        places = tuple(reference.occurrence for reference in references)
        if pinned is False:
            yield violation(f"not pinned to a commit: {what}", "", known, places, advice)
        else:
            yield unknown(what, "", known, places)


RULE: Final = Rule(
    "revision-pinned",
    "What is loaded is named by a full commit.",
    (Option("except_models", GLOBS, "Models that need no pin (ids or targets)."),),
    _check,
    frozenset({Kind.MODEL, Kind.DATASET}),
)
