"""One `Component` per target: identity, who, from what, on which terms, which bytes, run by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from aicheck.core.component import (
    Card,
    Component,
    License,
    Lineage,
    Organization,
    Revision,
    WeightFile,
    Weights,
    unseen,
)
from aicheck.core.evidence import (
    Absent,
    Claim,
    ClaimSource,
    Disputed,
    Fact,
    Gap,
    GapReason,
    Known,
    Unseen,
    fact_from,
)
from aicheck.core.reference import Reference, Use
from aicheck.core.target import (
    Adapter,
    HostedModel,
    HubDataset,
    HubModel,
    Library,
    RegistryModel,
    Target,
    ToolServer,
    Unresolvable,
    WeightsFile,
)
from aicheck.knowledge.licenses import by_id
from aicheck.knowledge.lineage import known_edges
from aicheck.resolve.curated import is_on_record
from aicheck.resolve.hosted import hosting_fact
from aicheck.resolve.license import license_fact
from aicheck.resolve.lineage import Facts, lineage_of
from aicheck.resolve.local import attributes_of, file_format, local_record, same_bytes, size_of
from aicheck.resolve.origin import Parent, developer_fact, family_developer, namespace_of, publisher_fact
from aicheck.resolve.provenance import against_record, made_anew, with_overview
from aicheck.resolve.records import RepoFile, RepoRecord
from aicheck.resolve.stands import stands_for
from aicheck.resolve.store import Store
from aicheck.resolve.terms import declared_license, with_text
from aicheck.resolve.weights import format_of, identical, weights_of

__all__ = ["Builder", "is_commit", "purl_of", "revision_of"]

_COMMIT_LENGTH: Final = 40
_HEX: Final = frozenset("0123456789abcdef")
_LOOSE: Final = frozenset({Use.DOCUMENTATION, Use.COMMENT, Use.TEST, Use.CHOICE})
_NO_LICENSE: Final = "no source states a licence"
_NO_LINEAGE: Final = "lineage is a property of models"


def is_commit(text: str | None) -> bool:
    """Return whether a revision is a full commit."""
    return text is not None and len(text) == _COMMIT_LENGTH and set(text.lower()) <= _HEX


@dataclass
class Builder:
    """Builds components over one store; memory of developers and licences is shared between them."""

    store: Store
    _developers: dict[str, Fact[Organization]] = field(default_factory=dict)
    _licenses: dict[str, Fact[License]] = field(default_factory=dict)

    def build(self, target: Target, references: tuple[Reference, ...]) -> Component:
        """Return the component of a target with all its references."""
        if isinstance(target, HubModel):
            return self._model(target, references)
        if isinstance(target, WeightsFile | Adapter):
            return self._local(target, references)
        if isinstance(target, HostedModel | RegistryModel):
            return self._behind(target, references)
        if isinstance(target, HubDataset):
            return self._dataset(target, references)
        return self._plain(target, references)

    # -- Hub models --------------------------------------------------------------------------------------

    def _model(self, target: HubModel, references: tuple[Reference, ...]) -> Component:
        held = self.store.get(target.repo_id)
        subject = str(target)
        gaps: list[Gap] = []
        if not isinstance(held, RepoRecord):
            gap = held or Gap(subject, GapReason.OFFLINE, "not asked")
            gaps.append(replace(gap, subject=subject))
            record = self.store.bare(target.repo_id)
            answered = False
        else:
            record = held
            answered = True
        later = self.store.gaps.get(target.repo_id.lower())
        if later is not None:
            gaps.append(replace(later, subject=subject))
        unread = self.store.unread.get(record.id.lower())
        if unread is not None:
            gaps.append(replace(unread, subject=f"{subject}#config"))
        gaps.extend(
            Gap(f"{subject}#{odd.partition(' ')[0]}", GapReason.INVALID_ANSWER, odd) for odd in record.oddities
        )
        revision = revision_of(target, references, record if answered else None)
        lineage = self._lineage(record)
        if not answered:
            # What is curated or said by the name stands all the same; that it is all must be told.
            lineage = replace(lineage, complete=Unseen(replace(gaps[0], subject=f"{subject}#lineage")))
        # Not asked, or not answered: a row of our own about this very model is an answer all the same.
        on_record = not answered and gaps[0].reason is not GapReason.NOT_FOUND and is_on_record(record.id)
        identity = record.id if "/" in record.id else target.repo_id
        weights: Fact[Weights] = weights_of(record, self.store.catalog) if answered else Unseen(gaps[0])
        weights = against_record(weights, record, self.store.catalog)
        anew = made_anew(record, self.store.catalog)
        if anew is not None:
            gaps.append(replace(anew, subject=f"{subject}#created"))
        terms = license_fact(self.license(record.id), lineage.ancestors, record)
        if isinstance(terms, Known) and not answered and gaps[0].reason is GapReason.NOT_FOUND:
            if terms.claims[0].source is ClaimSource.INFERENCE:
                # What a name suggests says nothing of a repository that the Hub does not have.
                terms = unseen(subject, "license", GapReason.NOT_FOUND, gaps[0].detail)
        elif not answered and isinstance(terms, Unseen):
            # That nobody answered says more than that nobody states it; what binds in any case is told.
            detail = terms.gap.detail if terms.gap.detail != _NO_LICENSE else gaps[0].detail
            terms = Unseen(replace(gaps[0], subject=f"{subject}#license", detail=detail))
        purl, ref = purl_of(identity, revision)
        return Component(
            ref=ref,
            target=target,
            purl=purl,
            references=references,
            publisher=with_overview(
                publisher_fact(namespace_of(record.id), subject),
                namespace_of(record.id),
                self.store.overviews,
                record.seen,
            ),
            developer=self.developer(record.id),
            lineage=lineage,
            license=terms,
            weights=weights,
            revision=revision,
            hosting=Absent(()),
            card=_card(record),
            resolved_id=record.id if answered else None,
            availability=self._availability(target, record if answered else None, gaps, anew=anew is not None),
            gaps=tuple(gaps),
            as_of=self._as_of(record, lineage) if answered else None,
            answered_by=record.answered_by or ("knowledge" if on_record else None),
        )

    def _availability(
        self, target: HubModel, record: RepoRecord | None, gaps: Sequence[Gap], *, anew: bool
    ) -> str | None:
        for gap in gaps:
            if (
                gap.reason is GapReason.NOT_FOUND
                and "revision" not in gap.detail
                and "not a repository" not in gap.detail
            ):
                known = self.store.catalog.get(target.repo_id) if self.store.catalog else None
                return "deleted" if known is not None else None
            if gap.reason is GapReason.DISABLED:
                return "disabled"
            if gap.reason is GapReason.GATED:
                return "gated"
        if record is None:
            return None
        if record.disabled:
            return "disabled"
        if anew:
            return "recreated"
        if record.gated:
            return "gated"
        if record.id.lower() != target.repo_id.lower() and "/" in target.repo_id:
            return "moved"
        return "available" if record.answered_by == "hub" else None

    def _as_of(self, record: RepoRecord, lineage: Lineage) -> str | None:
        dates = [record.seen] if record.seen else []
        for ancestor in lineage.ancestors:
            held = self.store.get(ancestor.id)
            if isinstance(held, RepoRecord) and held.seen:
                dates.append(held.seen)
        return min(dates, default=None)

    # -- facts that ancestors need as well -------------------------------------------------------------

    def _parents(self, repo_id: str, *, visiting: frozenset[str]) -> list[Parent]:
        held = self.store.get(repo_id)
        if not isinstance(held, RepoRecord):
            held = self.store.bare(repo_id)
        inner = visiting | {repo_id.lower(), held.id.lower()}
        return [
            Parent(parent.id, parent.relation, self.developer(parent.id, inner))
            for parent in self.store.parents(held)
            if parent.id.lower() not in inner
        ]

    def developer(self, repo_id: str, visiting: frozenset[str] = frozenset()) -> Fact[Organization]:
        """Return who made a Hub model."""
        key = repo_id.lower()
        known = self._developers.get(key)
        if known is None:
            parents = self._parents(repo_id, visiting=visiting) if len(visiting) < 20 else []  # noqa: PLR2004 - chains of copies are short
            known = developer_fact(namespace_of(repo_id), f"hf:{repo_id}", parents)
            if isinstance(known, Unseen):
                known = family_developer(repo_id) or known
            self._developers[key] = known
        return known

    def license(self, repo_id: str, record: RepoRecord | None = None) -> Fact[License]:
        """Return the terms of a Hub model, those of its ancestors included."""
        key = repo_id.lower()
        known = self._licenses.get(key)
        if known is None:
            held = record or self.store.get(repo_id)
            known = declared_license(repo_id, held if isinstance(held, RepoRecord) else None)
            self._licenses[key] = known
        return known

    def _lineage(self, record: RepoRecord) -> Lineage:
        facts = Facts(self.store.parents, self.developer, self.license)
        return lineage_of(record, self.store.records, facts)

    # -- what is not on the Hub ------------------------------------------------------------------------

    def _local(self, target: WeightsFile | Adapter, references: tuple[Reference, ...]) -> Component:
        subject = str(target)
        said = attributes_of(references)
        sha256 = (target.sha256 if isinstance(target, WeightsFile) else None) or said.get("sha256")
        matches = self.store.catalog.by_sha256(sha256) if sha256 and self.store.catalog else ()
        expected = self._expected(said.get("repo"), target)
        if not matches and expected is not None and sha256 and expected.sha256 == sha256:
            # The Hub lists this very file where the tree says that it is from.
            matches = ((said["repo"], expected.path),)
        repo = matches[0][0] if matches else said.get("repo")
        record = local_record(target, said, repo if matches else None)
        lineage = self._lineage(record)
        kind = format_of(target.path) if isinstance(target, WeightsFile) else None
        status = "verified" if matches else "unknown"
        if not matches and expected is not None and sha256 is not None and expected.sha256 not in {None, sha256}:
            status = "modified"
        weights: Fact[Weights] = unseen(subject, "weights")
        if isinstance(target, WeightsFile):
            file = WeightFile(
                target.path, size_of(said), sha256, said.get("format") or (kind.id if kind else None), status
            )
            formats = (file_format(said, kind),) if (kind or said.get("format")) else ()
            other = identical([RepoFile(target.path, size_of(said), sha256)], (), self.store.catalog)
            value = Weights((file,), formats, identical_to=other or tuple(sorted({match[0] for match in matches})))
            weights = Known(value, (Claim(value, ClaimSource.FILE_LIST, 1.0, target.path),))
        held = self.store.get(repo) if repo else None
        if matches and repo:
            publisher: Fact[Organization] = publisher_fact(namespace_of(repo), subject)
            developer = self.developer(repo)
            license_: Fact[License] = license_fact(self.license(repo), lineage.ancestors)
        else:
            publisher = unseen(subject, "publisher", GapReason.NOT_STATED, "a file names no publisher")
            developer = unseen(subject, "developer", GapReason.NOT_STATED, "a file names no developer")
            license_ = license_fact(
                with_text(declared_license(record.id, record), said), lineage.ancestors, record
            )
        return Component(
            ref=subject,
            target=target,
            purl=None,
            references=references,
            publisher=publisher,
            developer=developer,
            lineage=lineage,
            license=license_,
            weights=weights,
            revision=_no_revision(subject),
            hosting=Absent(()),
            card=_card(held) if isinstance(held, RepoRecord) and matches else _card(record),
            resolved_id=repo if matches else None,
            stands_for=same_bytes(repo, matches[0][1]) if matches and repo else None,
            as_of=self.store.catalog.date if matches and self.store.catalog else None,
            answered_by="catalog" if matches else "file",
        )

    def _expected(self, repo: str | None, target: Target) -> RepoFile | None:
        held = self.store.get(repo) if repo else None
        if not isinstance(held, RepoRecord) or not isinstance(target, WeightsFile):
            return None
        name = target.path.rpartition("/")[2]
        return next((file for file in held.files if file.path.rpartition("/")[2] == name), None)

    def _behind(self, target: HostedModel | RegistryModel, references: tuple[Reference, ...]) -> Component:
        """A hosted or registry model: lineage, licence and developer are those of the model behind the name."""
        subject = str(target)
        answer = stands_for(target)
        hosting = hosting_fact(target)
        gaps: list[Gap] = []
        lineage = _empty_lineage(
            subject, Gap(subject, GapReason.UNKNOWN_NAME, "the model behind the name is not known")
        )
        developer = answer.developer
        license_: Fact[License] = answer.license
        weights: Fact[Weights] = unseen(
            subject, "weights", GapReason.NOT_STATED, "served by others: no file is seen"
        )
        card = Card()
        resolved = None
        as_of = answer.as_of
        if isinstance(answer.hub_id, Known):
            repo = answer.hub_id.value
            held = self.store.get(repo)
            made = self.developer(repo)
            if isinstance(made, Known) and (not isinstance(developer, Known) or isinstance(target, RegistryModel)):
                # Who put a name into a registry may only have converted the model behind it.
                developer = made
            if isinstance(held, RepoRecord):
                resolved = held.id
                lineage = self._lineage(replace(held, asked=held.id))
                license_ = license_fact(self.license(held.id), lineage.ancestors, held)
                card = _card(held)
                as_of = min((day for day in (as_of, self._as_of(held, lineage)) if day), default=None)
            else:
                gaps.append(replace(held, subject=subject) if held else Gap(subject, GapReason.OFFLINE, repo))
        else:
            gaps.extend(answer.gaps)
            if known_edges(subject):
                # Weights that nobody may load, of which it is known what they were made from.
                lineage = self._lineage(self.store.bare(subject))
        return Component(
            ref=answer.ref,
            target=target,
            purl=answer.purl,
            references=references,
            publisher=answer.publisher,
            developer=developer,
            lineage=lineage,
            license=license_,
            weights=weights,
            revision=_tag_revision(target),
            hosting=hosting,
            card=card,
            resolved_id=resolved,
            stands_for=answer.hub_id,
            availability=answer.availability,
            gaps=tuple(gaps),
            as_of=as_of,
            answered_by="knowledge" if answer.known else None,
        )

    def _dataset(self, target: HubDataset, references: tuple[Reference, ...]) -> Component:
        """A dataset: who publishes it is in its name; commit and terms are known where the Hub was asked."""
        subject = str(target)
        held = self.store.datasets.get(target.repo_id.lower())
        record = held if isinstance(held, RepoRecord) else None
        publisher = publisher_fact(namespace_of(record.id if record else target.repo_id), subject)
        terms = _stated_license(target, references)
        if record is not None and record.license_id is not None:
            terms = declared_license(record.id, record)
            if isinstance(terms, Unseen):
                terms = Unseen(replace(terms.gap, subject=f"{subject}#license"))
        plain = self._plain(target, references)
        return replace(
            plain,
            publisher=publisher,
            developer=publisher,
            license=terms,
            revision=revision_of(target, references, record),
            resolved_id=record.id if record is not None else None,
            card=_card(record) if record is not None else plain.card,
            availability=None if record is None else _dataset_availability(target, record),
            gaps=(held,) if isinstance(held, Gap) else (),
            as_of=record.seen if record is not None else None,
            answered_by="hub" if record is not None else None,
        )

    def _plain(self, target: Target, references: tuple[Reference, ...]) -> Component:
        subject = str(target)
        purl = None
        version = None
        publisher: Fact[Organization] = unseen(subject, "publisher")
        gaps: tuple[Gap, ...] = ()
        if isinstance(target, Library):
            purl = target.purl
            version = target.purl.partition("?")[0].rpartition("/")[2].partition("@")[2] or None
        elif isinstance(target, ToolServer) and target.location.startswith("pkg:"):
            purl = target.location
            version = target.location.rpartition("/")[2].partition("@")[2] or None
        elif isinstance(target, Unresolvable):
            gaps = (Gap(subject, GapReason.DYNAMIC, "the name is made at run time"),)
        hosting = hosting_fact(target)
        return Component(
            ref=subject,
            target=target,
            purl=purl,
            references=references,
            publisher=publisher,
            developer=unseen(subject, "developer"),
            lineage=_empty_lineage(subject, Gap(f"{subject}#lineage", GapReason.NOT_STATED, _NO_LINEAGE)),
            license=_stated_license(target, references),
            weights=Absent(()),
            revision=_no_revision(subject),
            hosting=hosting,
            version=version,
            gaps=gaps,
            as_of=hosting.claims[0].seen if isinstance(hosting, Known) else None,
            answered_by="knowledge" if isinstance(hosting, Known) else None,
        )


def _dataset_availability(target: HubDataset, record: RepoRecord) -> str:
    if record.disabled:
        return "disabled"
    if record.gated:
        return "gated"
    return "moved" if record.id.lower() != target.repo_id.lower() and "/" in target.repo_id else "available"


def _stated_license(target: Target, references: Sequence[Reference]) -> Fact[License]:
    """The licence that installed metadata or a foreign SBOM states for a library."""
    claims = [
        Claim(known, ClaimSource.FILE_LIST, 0.9, reference.occurrence.path, note="as its metadata states")
        for reference in references
        if isinstance(target, Library)
        and (stated := reference.attribute("license"))
        and (known := by_id(stated)) is not None
    ]
    if not claims and isinstance(target, Library):
        return with_text(unseen(str(target), "license"), attributes_of(references))
    return fact_from(claims, unseen=unseen(str(target), "license").gap, key=lambda license_: license_.expression)


def revision_of(
    target: HubModel | HubDataset, references: tuple[Reference, ...], record: RepoRecord | None
) -> Revision:
    """Return what the references ask for, and the commit that it is as far as code and `record` say."""
    requested: set[str] = set()
    strict: list[str] = []
    for reference in references:
        asked = reference.attribute("revision")
        if asked is None and isinstance(reference.target, HubModel | HubDataset):
            asked = reference.target.revision
        text = asked or ""
        requested.add(text)
        if reference.occurrence.use not in _LOOSE:
            strict.append(text)
    if not references:
        requested.add(target.revision or "")
        strict.append(target.revision or "")
    commits = sorted({text.lower() for text in requested if is_commit(text)})
    moving = any(not is_commit(text) for text in requested)
    subject = f"{target}#commit"
    claims = [Claim(commit, ClaimSource.CODE, 1.0, "revision in the code") for commit in commits]
    if moving and record is not None and record.commit is not None:
        note = (
            ""
            if record.answered_by == "hub"
            else f"as recorded {record.seen or 'earlier'}; the branch may have moved"
        )
        confidence = 1.0 if record.answered_by == "hub" else 0.5
        claims.append(Claim(record.commit, ClaimSource.HUB, confidence, record.locator, record.seen, note))
    distinct = {claim.value for claim in claims}
    commit: Fact[str]
    if not claims:
        commit = Unseen(Gap(subject, GapReason.NOT_STATED, "no source names the commit"))
    elif len(distinct) > 1:
        commit = Disputed(tuple(claims))
    else:
        commit = Known(claims[0].value, tuple(claims))
    pinned = bool(strict or requested) and all(is_commit(text) for text in (strict or sorted(requested)))
    return Revision(tuple(sorted(requested)), commit, pinned)


def _no_revision(subject: str) -> Revision:
    return Revision(("",), Unseen(Gap(f"{subject}#commit", GapReason.NOT_STATED, "no commits here")), pinned=False)


def _tag_revision(target: HostedModel | RegistryModel) -> Revision:
    tag = target.tag or "" if isinstance(target, RegistryModel) else ""
    return Revision(
        (tag,), Unseen(Gap(f"{target}#commit", GapReason.NOT_STATED, "no commits here")), pinned="sha256" in tag
    )


def purl_of(repo_id: str, revision: Revision) -> tuple[str | None, str]:
    """Return package URL and ref of a Hub model."""
    from urllib.parse import quote  # noqa: PLC0415 - a start without Hub models needs no URL code

    owner, slash, name = repo_id.rpartition("/")
    if not slash:
        return None, f"hf:{repo_id}"
    purl = f"pkg:huggingface/{quote(owner, safe='.-_~')}/{quote(name, safe='.-_~')}"
    if isinstance(revision.commit, Known):
        purl += f"@{revision.commit.value}"
    return purl, purl


def _card(record: RepoRecord) -> Card:
    config = record.config or {}
    context = config.get("max_position_embeddings")
    gguf = (record.gguf or {}).get("context_length")
    length = next((size for size in (context, gguf) if isinstance(size, int) and not isinstance(size, bool)), None)
    return Card(
        present=record.has_card,
        task=record.pipeline_tag,
        library=record.library,
        architecture_family=record.model_type,
        architecture=record.architectures[0] if record.architectures else None,
        parameters=record.parameters,
        context_length=length,
        quantization=record.quantization,
        languages=record.languages,
        datasets=record.datasets,
        tags=tuple(tag for tag in record.tags if ":" not in tag),
        created=record.created,
        modified=record.modified,
        downloads=record.downloads,
        likes=record.likes,
        metrics=record.metrics,
        emissions=record.emissions,
    )


def _empty_lineage(subject: str, gap: Gap) -> Lineage:
    return Lineage((), (), Unseen(replace(gap, subject=f"{subject}#lineage")))
