"""Use cases on imports: a file from upload to done, taken in batch by batch."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb_service.domain import candidate as candidate_rules
from kb_service.domain import workflow
from kb_service.domain.access import LOCAL, Actor
from kb_service.domain.article import AUDIENCES, Article
from kb_service.domain.candidate import Candidate
from kb_service.domain.events import Event
from kb_service.domain.imports import Import
from kb_service.domain.person import Person
from kb_service.errors import Conflict, Denied, Invalid
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput
from kb_service.results import Counts, ImportView, Page, RefusalView
from kb_service.services import writing
from kb_service.store import articles, attachments, candidates, filing, imports, leases, people
from kb_service.store.unit_of_work import Database, Tx

KINDS = {"report": "import_report", "article": "import_article"}
"""Kinds of import, with the right each takes."""
STARTING = timedelta(seconds=60)
"""Until the process of an import renews the lease that was taken for it; a busy machine takes its time to start one."""
PAUSE = timedelta(seconds=10)
"""Until an import is tried again for which there was no room, or no database."""
WORKER = frozenset({"worker"})
OWNER = frozenset({"owner"})
TAKING = ("checking", "running")
"""States in which batches are taken."""
OVERWRITTEN = ("returned", "in_review")
"""States of an imported candidate that takes on the text of a later import; after that, a new one is made."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to run an import. ``position`` rows have been dealt with already."""

    id: int
    kind: str
    path: Path
    profile: str
    mapping: Mapping[str, str]
    options: Mapping[str, str]
    position: int
    state: str


class Imports:
    """Files taken in."""

    def __init__(self, database: Database, files: attachments.Files) -> None:
        self._database = database
        self._files = files

    def upload(
        self,
        actor: Actor,
        *,
        kind: str,
        name: str,
        path: Path,
        digest: str,
        size: int,
        profile: str = "",
        options: Mapping[str, str] | None = None,
    ) -> ImportView:
        """Note a file that lies at ``path`` and is to be taken in. Raises Denied, Invalid, NotFound."""
        if kind not in KINDS or not actor.may(KINDS[kind]):
            raise Denied
        with self._database.begin() as tx:
            entity = tx.add(
                Import(
                    kind=kind,
                    name=name[:300],
                    path=str(path),
                    digest=digest,
                    size=size,
                    profile=profile,
                    mapping={},
                    options=_checked(tx.session, actor, options or {}),
                    owner_id=actor.person_id,
                    owner_name=actor.name,
                    place=actor.writing_place,
                    created_at=tx.now,
                )
            )
            tx.record(Event(actor, "import_upload", entity, {"name": name, "digest": digest, "size": size}))
            return self._view(tx.session, actor, entity)

    def get(self, actor: Actor, import_id: int) -> ImportView:
        """One import. Raises NotFound."""
        with self._database.read() as session:
            return self._view(session, actor, imports.get(session, actor, import_id))

    def list(self, actor: Actor, *, offset: int = 0, limit: int = 20) -> Page[ImportView]:
        """Imports the actor sees, newest first."""
        with self._database.read() as session:
            found, total = imports.page(session, actor, offset=offset, limit=limit)
            waiting = candidates.waiting(session, [one.id for one in found])
            return Page(tuple(_view(one, actor, waiting.get(one.id, 0)) for one in found), total, offset, limit)

    def path(self, actor: Actor, import_id: int) -> Path:
        """Where the file lies. Raises NotFound."""
        with self._database.read() as session:
            return Path(imports.get(session, actor, import_id).path)

    def refusals(self, actor: Actor, import_id: int) -> Iterator[RefusalView]:
        """The rows that were not taken, streamed in the order of the file. Raises NotFound."""
        with self._database.read() as session:
            imports.get(session, actor, import_id)
            yield from imports.refusals(session, import_id)

    def map(
        self,
        actor: Actor,
        import_id: int,
        *,
        mapping: Mapping[str, str],
        profile: str,
        options: Mapping[str, str],
        seen_version: int,
    ) -> ImportView:
        """Fix which column is which field. Raises NotFound, Denied, Invalid, InvalidTransition, StaleEdit."""
        with self._database.begin() as tx:
            entity = self._stepped(tx, actor, import_id, "map", seen_version)
            entity.mapping, entity.profile = dict(mapping), profile
            entity.options = _checked(tx.session, actor, options)
            tx.session.flush()
            return self._view(tx.session, actor, entity)

    def check(self, actor: Actor, import_id: int, *, seen_version: int) -> ImportView:
        """Ask for a dry run. Raises NotFound, InvalidTransition, StaleEdit."""
        return self._step(actor, import_id, "check", seen_version)

    def run(self, actor: Actor, import_id: int, *, seen_version: int) -> ImportView:
        """Ask for the real run. Raises NotFound, InvalidTransition, StaleEdit."""
        return self._step(actor, import_id, "run", seen_version)

    def abandon(self, actor: Actor, import_id: int, *, seen_version: int) -> ImportView:
        """End it; what was taken stays. Raises NotFound, InvalidTransition, StaleEdit."""
        return self._step(actor, import_id, "abandon", seen_version)

    def claim(self, import_id: int | None = None) -> int | None:
        """An import that waits for a worker (this one, where it is named), now leased to the caller. Where the process
        that claimed it has died, it is free at once, or from another machine when the lease ends.
        """
        with self._database.begin() as tx:
            wanted = select(Import.id).where(Import.state.in_(TAKING)).order_by(Import.id)
            if import_id is not None:
                wanted = wanted.where(Import.id == import_id)
            waiting = tx.session.scalars(wanted.with_for_update(skip_locked=True)).all()
            held = leases.held_of(tx.session, [_lease(one) for one in waiting])
            free = (one for one in waiting if _lease(one) not in held)
            return next((one for one in free if leases.take(tx, _lease(one), STARTING)), None)

    def starting(self, import_id: int) -> None:
        """A process starts that will keep the lease: nobody else may claim the import meanwhile."""
        with self._database.begin() as tx:
            leases.prolong(tx.session, _lease(import_id), STARTING)

    def kept(self, import_id: int) -> AbstractContextManager[None]:
        """Keeps the lease somebody took for this process, while the block runs."""
        return leases.kept(self._database, _lease(import_id))

    def release(self, import_id: int) -> None:
        """Give the lease back, so that another worker may go on at once."""
        with self._database.begin() as tx:
            leases.drop(tx.session, _lease(import_id))

    def put_off(self, import_id: int) -> None:
        """Nobody may claim it for a while: what it needs is not there just now."""
        with self._database.begin() as tx:
            leases.prolong(tx.session, _lease(import_id), PAUSE)

    def job(self, import_id: int) -> Job:
        """What there is to do."""
        with self._database.read() as session:
            one = session.get_one(Import, import_id)
            return Job(one.id, one.kind, Path(one.path), one.profile, one.mapping, one.options, one.position, one.state)

    def take(
        self,
        import_id: int,
        drafts: Sequence[Draft],
        refusals: Sequence[Refusal],
        *,
        position: int,
        total: int | None = None,
    ) -> None:
        """Take one batch, all of it in one transaction; a dry run does the same and undoes it.

        ``position`` counts the rows of the source up to the end of this batch; a batch that was taken already is
        passed over. Raises Conflict when the import was abandoned meanwhile.
        """
        job = self.job(import_id)
        is_dry = job.state == "checking"
        handle = self._files.looked_at if is_dry else self._files.keep
        kept = handle(one for draft in drafts for one in draft.value.attachments)
        with self._database.begin() as tx:
            entity = imports.locked(tx.session, import_id)
            if entity.state not in TAKING or entity.state != job.state:
                raise Conflict("这次导入已经停止。")
            if position <= entity.position:
                return
            with tx.session.begin_nested() as savepoint:
                counts = _TAKERS[entity.kind](tx, drafts, entity, kept)
                if is_dry:
                    savepoint.rollback()
            _advance(tx, entity, counts, refusals, position, total)
            if not is_dry:
                tx.record(Event(_owner(tx, entity), "import_take", entity, {"position": position}))

    def finish(self, import_id: int) -> None:
        """A dry run is checked, a real one done."""
        with self._database.begin() as tx:
            entity = imports.locked(tx.session, import_id)
            action = "checked" if entity.state == "checking" else "done"
            tx.record(entity.act(action, LOCAL, WORKER, at=tx.now))
            leases.drop(tx.session, _lease(import_id))

    def fail(self, import_id: int, code: str, message: str, source: str = "") -> None:
        """Nothing (more) can be taken from the file."""
        with self._database.begin() as tx:
            entity = imports.locked(tx.session, import_id)
            if entity.state not in ("uploaded", "checking", "running"):
                return
            refusal = Refusal(source=source or entity.name, place="整个文件", reason=code, message=message)
            imports.keep_refusals(tx.session, import_id, (refusal,))
            entity.refused += 1
            entity.message = message
            tx.record(entity.act("fail", LOCAL, WORKER, at=tx.now))
            leases.drop(tx.session, _lease(import_id))

    def _step(self, actor: Actor, import_id: int, action: str, seen_version: int) -> ImportView:
        with self._database.begin() as tx:
            entity = self._stepped(tx, actor, import_id, action, seen_version)
            tx.session.flush()
            return self._view(tx.session, actor, entity)

    def _stepped(self, tx: Tx, actor: Actor, import_id: int, action: str, seen_version: int) -> Import:
        entity = imports.get(tx.session, actor, import_id)
        entity.guard(seen_version)
        tx.record(entity.act(action, actor, _parts(actor, entity), at=tx.now))
        if entity.state in TAKING:
            imports.forget_refusals(tx.session, entity.id)
        return entity

    def _view(self, session: Session, actor: Actor, entity: Import) -> ImportView:
        return _view(entity, actor, candidates.waiting(session, (entity.id,)).get(entity.id, 0))


def _view(entity: Import, actor: Actor, waiting: int) -> ImportView:
    parts = _parts(actor, entity)
    actions = workflow.allowed(workflow.IMPORT, entity.state, parts)
    if waiting and "owner" not in parts and (actor.may("review") or actor.may("sign_off")):
        actions = (*actions, "accept", "send_back")
    read = entity.created + entity.updated + entity.unchanged + entity.refused
    return ImportView(
        id=entity.id,
        name=entity.name,
        kind=entity.kind,
        state=entity.state,
        profile=entity.profile,
        mapping=entity.mapping,
        options=entity.options,
        counts=Counts(read, entity.created, entity.updated, entity.unchanged, entity.refused),
        position=entity.position,
        total=entity.total,
        owner=entity.owner_name,
        created_at=entity.created_at,
        finished_at=entity.finished_at,
        message=entity.message,
        version=entity.version,
        actions=actions,
        waiting=waiting,
    )


def at_work(session: Session) -> tuple[int, int]:
    """How many imports batches are taken of, and how many wait for that."""
    taking = session.scalars(select(Import.id).where(Import.state.in_(TAKING))).all()
    held = leases.held_of(session, [_lease(one) for one in taking])
    return len(held), len(taking) - len(held)


def _lease(import_id: int) -> str:
    return f"import-{import_id}"


def _parts(actor: Actor, entity: Import) -> frozenset[str]:
    is_owner = entity.owner_id == actor.person_id and (actor.signed_in or actor.is_local)
    return OWNER if is_owner else frozenset()


def _checked(session: Session, actor: Actor, options: Mapping[str, str]) -> dict[str, str]:
    """The options, if they can be followed: better refused now than in the middle of the run."""
    if options.get("audience") not in (None, "", *AUDIENCES):
        raise Invalid(problems={"audience": "请选择谁可以看。"})
    if scope := options.get("scope"):
        if not (scope.isascii() and scope.isdigit()):
            raise Invalid(problems={"scope": "请选择适用的机构。"})
        writing.scope(session, int(scope), actor)
    return dict(options)


def _owner(tx: Tx, entity: Import) -> Actor:
    person = tx.session.get(Person, entity.owner_id) if entity.owner_id else None
    return people.actor_of(person) if person else LOCAL


def _advance(
    tx: Tx, entity: Import, counts: Counts, refusals: Sequence[Refusal], position: int, total: int | None
) -> None:
    imports.keep_refusals(tx.session, entity.id, refusals)
    entity.created += counts.created
    entity.updated += counts.updated
    entity.unchanged += counts.unchanged
    entity.refused += counts.refused + len(refusals)
    entity.position, entity.total = position, total
    leases.prolong(tx.session, _lease(entity.id), leases.LENGTH)  # while it wrote, nobody else could renew it


def _take_reports(tx: Tx, drafts: Sequence[Draft], entity: Import, kept: Mapping[str, attachments.Kept]) -> Counts:
    owner = _owner(tx, entity)
    source = filing.Source(owner, people.home_of(tx.session, owner), entity.id)
    told = [draft for draft in drafts if isinstance(draft.value, ReportInput)]
    filed = filing.file(tx, told, source, kept)
    return Counts(created=filed.created, updated=filed.updated, unchanged=filed.unchanged)


def _take_articles(tx: Tx, drafts: Sequence[Draft], entity: Import, kept: Mapping[str, attachments.Kept]) -> Counts:
    tx.alone("import_article")
    taking = _Taking(tx, entity, _owner(tx, entity), kept, people.taxonomy(tx.session))
    told = {taking.identity(draft): draft for draft in drafts}
    before = candidates.latest_imported(tx.session, list(told))
    live = articles.by_identity(tx.session, told)
    outcomes = Counter(taking.take(draft, one, before.get(one), live.get(one)) for one, draft in told.items())
    return Counts(
        created=outcomes["created"],
        updated=outcomes["updated"],
        unchanged=outcomes["unchanged"] + len(drafts) - len(told),
    )


@dataclass(frozen=True, slots=True)
class _Taking:
    """One batch of articles on its way in."""

    tx: Tx
    entity: Import
    owner: Actor
    kept: Mapping[str, attachments.Kept]
    taxonomy: people.Taxonomy

    def identity(self, draft: Draft) -> str:
        told = _with_options(_article(draft), self.entity)
        return candidate_rules.identity(told, writing.scope(self.tx.session, told.scope, self.owner).id)

    def take(self, draft: Draft, identity: str, before: Candidate | None, live: Article | None) -> str:
        """What became of one article: created, updated or unchanged."""
        told = _with_options(_article(draft), self.entity)
        digest = candidate_rules.digest(told)
        if before and before.digest == digest:
            return "unchanged"
        waits = before if before and before.state in OVERWRITTEN else None
        candidate = waits or Candidate(identity=identity, key=told.key, attachments=[], reviews=[])
        self._propose(candidate, live)
        candidate.digest, candidate.notes = digest, list(draft.notes)
        self.tx.add(writing.fill(self.tx, candidate, told, self.owner, self.kept, self.taxonomy))
        detail = {"import": self.entity.id, "title": candidate.title}
        self.tx.record(Event(self.owner, "submit", candidate, detail))
        return "updated" if waits or live else "created"

    def _propose(self, candidate: Candidate, live: Article | None) -> None:
        """In review, as a text of this import's owner that starts from what is live now; whose it was before must not
        decide on it unseen.
        """
        now = self.tx.now
        candidate.state, candidate.import_id, candidate.reviewer_id = "in_review", self.entity.id, None
        candidate.author_id, candidate.author_name = self.owner.person_id, self.owner.name
        candidate.target_id, candidate.base_revision = (live.id, live.revision_number) if live else (None, None)
        candidate.submitted_at, candidate.due_at, candidate.updated_at = now, now + candidate_rules.REVIEW_TIME, now


def _with_options(told: ArticleInput, entity: Import) -> ArticleInput:
    """What the import as a whole says of audience and scope, where the row itself says nothing."""
    scope = entity.options.get("scope", "")
    return replace(
        told,
        audience=told.audience or entity.options.get("audience", ""),
        scope=told.scope if told.scope is not None or not scope else int(scope),
    )


def _article(draft: Draft) -> ArticleInput:
    assert isinstance(draft.value, ArticleInput)  # noqa: S101 - narrows the type; an import has one kind
    return draft.value


_TAKERS = {"report": _take_reports, "article": _take_articles}
