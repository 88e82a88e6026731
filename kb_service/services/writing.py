"""How a text becomes a candidate, and a candidate an article: what several use cases share inside their transaction."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import quote, unquote

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from kb_service import rendering
from kb_service.domain.access import Actor
from kb_service.domain.article import AUDIENCES, KINDS, REVISION_LINK, Article, Revision
from kb_service.domain.article import number as article_number
from kb_service.domain.attachment import Attachment
from kb_service.domain.candidate import Candidate
from kb_service.domain.organisation import Organisation
from kb_service.errors import Denied, Invalid
from kb_service.inputs import ArticleInput
from kb_service.markdown_source import LONGEST
from kb_service.store import attachments, people
from kb_service.store.unit_of_work import Tx

TITLE = 300
ATTACHED = re.compile(r"attachment:([0-9a-f]{32})")
NEAREST = (func.length(Organisation.path), Article.id)
LINKED = re.compile(r"\]\(\s*<?article:([^)>\s]+)")


def check(told: ArticleInput) -> None:
    """Raises Invalid for what even a draft may not hold."""
    problems: dict[str, str] = {}
    kind = KINDS.get(told.kind)
    if kind is None:
        raise Invalid(problems={"kind": "请选择知识类别。"})
    if not told.title.strip():
        problems["title"] = "请填写标题。"
    if len(told.title) > TITLE:
        problems["title"] = f"标题最多 {TITLE} 个字。"
    known = {field.name for field in kind.fields}
    problems |= {name: "这一类知识没有这一栏。" for name in told.fields if name not in known}
    if sum(map(len, told.fields.values())) > LONGEST:
        problems["fields"] = f"全文最多 {LONGEST} 个字。"
    if len(told.attachments) > attachments.MOST:
        problems["attachments"] = f"最多 {attachments.MOST} 个附件。"
    if told.audience and told.audience not in AUDIENCES:
        problems["audience"] = "请选择谁可以看。"
    if told.audience == "restricted" and not told.restricted_to:
        problems["restricted_to"] = "限定范围的知识要选择至少一个机构。"
    problems |= _bad_days(told)
    if problems:
        raise Invalid(problems=problems)


def check_complete(candidate: Candidate) -> None:
    """Raises Invalid where a required field is still empty."""
    problems = {
        field.name: "这一栏必须填写。"
        for field in KINDS[candidate.kind].fields
        if field.required and not candidate.texts.get(field.name, "").strip()
    }
    if problems:
        raise Invalid("还有必填的内容没有写。", problems=problems)


def fill(
    tx: Tx,
    candidate: Candidate,
    told: ArticleInput,
    actor: Actor,
    kept: Mapping[str, attachments.Kept],
    taxonomy: people.Taxonomy,
) -> Candidate:
    """Put what was told into the candidate: names linked, attachments joined, Markdown rendered.

    Raises Denied for a scope the actor does not write for, Invalid, NotFound.
    """
    system = taxonomy.system(told.system)[1]
    candidate.kind, candidate.title = told.kind, told.title.strip()
    candidate.asked = [one.strip() for one in told.asked if one.strip()]
    candidate.codes = list(dict.fromkeys(one.strip() for one in told.codes if one.strip()))
    candidate.system, candidate.module = system[:200], told.module.strip()[:200]
    candidate.audience = told.audience or "internal"
    candidate.scope = scope(tx.session, told.scope, actor, already=candidate.scope_id)
    candidate.restricted_to = _restricted_to(tx.session, candidate, told)
    candidate.valid_from, candidate.valid_to = told.valid_from, told.valid_to
    candidate.fields = _with_attachments(tx, candidate, told, actor, kept)
    candidate.links = sorted({key for text in candidate.fields.values() for key in _keys(text)})
    _render(tx.session, candidate)
    return candidate


def publish(tx: Tx, candidate: Candidate, actor: Actor, comment: str) -> Article:
    """Make an accepted candidate the current revision of its article, new or old. Raises StaleEdit."""
    article = _target(tx.session, candidate) or tx.add(Article.begun(candidate))
    tx.session.flush()
    if candidate.links:  # what they lead to may have been published since
        _render(tx.session, candidate)
    revision = _revision(tx, candidate, actor, comment)
    happened = article.publish(revision, candidate, actor)
    tx.add(revision)
    tx.record(happened)
    candidate.article_id = article.id
    _note_links(tx.session, revision, candidate.links)
    if article.key and revision.number == 1:
        _render_referring(tx.session, article)
    return article


def rebase(session: Session, candidate: Candidate) -> None:
    """A returned text goes on from the live revision: its author was told, and sees the comparison with it."""
    article = _target(session, candidate) if candidate.state == "returned" else None
    if article:
        candidate.target_id, candidate.base_revision = article.id, article.revision_number


def _target(session: Session, candidate: Candidate) -> Article | None:
    """The article it revises: the one it began from, else what was published under the same identity meanwhile."""
    if candidate.target_id:
        return session.get(Article, candidate.target_id)
    if candidate.identity is None:
        return None
    return session.scalar(select(Article).where(Article.identity == candidate.identity))


def _bad_days(told: ArticleInput) -> dict[str, str]:
    problems = {
        name: "日期应写成 2026-03-05 的形式。"
        for name in ("valid_from", "valid_to")
        if (day := getattr(told, name)) and not _is_day(day)
    }
    if not problems and told.valid_from and told.valid_to and told.valid_to < told.valid_from:
        problems["valid_to"] = "有效期止早于有效期起。"
    return problems


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def scope(session: Session, told: int | None, actor: Actor, already: int | None = None) -> Organisation:
    """The organisation told, if it is that already, or the actor belongs below it or works for a subtree with it;
    where none is told, the one already there or the widest the actor writes for. Raises Denied, NotFound.
    """
    wanted = told if told is not None else already
    if wanted is None:
        place = actor.writing_place
        return people.at(session, place) if place else people.root(session)
    found = people.organisation(session, wanted)
    is_mine = actor.is_local or found.id in actor.above or found.path.startswith(actor.staff_places)
    if found.id != already and not is_mine:
        raise Denied("您不能为这个机构写知识。")
    return found


def _restricted_to(session: Session, candidate: Candidate, told: ArticleInput) -> list[int]:
    """Whose people may read it; those of the scope, where a file says no more than that it is restricted."""
    if candidate.audience != "restricted":
        return []
    wanted = list(dict.fromkeys(told.restricted_to)) or [candidate.scope.id]
    if len(people.names(session, wanted)) < len(wanted):
        raise Invalid(problems={"restricted_to": "没有这个机构，请重新选择。"})
    return wanted


def _with_attachments(
    tx: Tx, candidate: Candidate, told: ArticleInput, actor: Actor, kept: Mapping[str, attachments.Kept]
) -> dict[str, str]:
    """The fields with attachments referred to by id; those of the candidate become what its fields refer to."""
    fresh = {one.name: attachments.add(tx, one, kept, actor) for one in told.attachments}
    fields = _with_ids(told.fields, {name: entity.id for name, entity in fresh.items()})
    mine = {one.id: one for one in (*fresh.values(), *candidate.attachments, *_of_target(tx.session, candidate))}
    wanted = {found for text in fields.values() for found in ATTACHED.findall(text)} | {
        one.id for one in fresh.values()
    }
    mine |= {one.id: one for one in attachments.own(tx.session, actor, sorted(wanted - mine.keys()))}
    candidate.attachments = [mine[one] for one in sorted(wanted & mine.keys())]
    return fields


def _with_ids(fields: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, str]:
    """The fields with each ``attachment:NAME``, quoted or not, as ``attachment:ID``."""
    if not ids:
        return dict(fields)
    spelled = {spelling: one for name, one in ids.items() for spelling in (name, quote(name), name.replace(" ", "%20"))}
    names = "|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))
    reference = re.compile(f"attachment:({names})")
    return {
        field: reference.sub(lambda found: f"attachment:{spelled[found[1]]}", text) for field, text in fields.items()
    }


def _of_target(session: Session, candidate: Candidate) -> Sequence[Attachment]:
    if candidate.target_id is None:
        return ()
    wanted = select(Revision).where(Revision.article_id == candidate.target_id).order_by(Revision.number.desc())
    latest = session.scalars(wanted).first()
    return latest.attachments if latest else ()


def _render(session: Session, text: Candidate) -> None:
    files = {one.id for one in text.attachments}
    rendered = rendering.render(text.fields, _resolver(session, text.links, text.scope, files))
    text.html, text.texts = dict(rendered.html), dict(rendered.texts)


def _resolver(session: Session, keys: Sequence[str], place: Organisation, files: set[str]) -> rendering.Resolver:
    numbers = _numbers(session, keys, place)

    def resolve(noun: str, key: str) -> str | None:
        if noun == "attachment":
            return f"/attachments/{key}" if key in files else None
        return f"/articles/{numbers[key]}" if key in numbers else None

    return resolve


def _numbers(session: Session, keys: Sequence[str], place: Organisation) -> dict[str, str]:
    """Numbers of published articles by the key they were imported under, for the scope ``place`` or nearest above."""
    if not keys:
        return {}
    published = (Article.key.in_(keys), Article.revision_number > 0, Article.scope_id.in_(place.above))
    found = session.execute(select(Article.key, Article.id).join(Article.scope).where(*published).order_by(*NEAREST))
    return {key: article_number(one) for key, one in found}


def _keys(markdown: str) -> list[str]:
    return [unquote(found) for found in LINKED.findall(markdown)]


def _revision(tx: Tx, candidate: Candidate, actor: Actor, comment: str) -> Revision:
    return Revision(
        title=candidate.title,
        fields=candidate.fields,
        html=candidate.html,
        texts=candidate.texts,
        asked=candidate.asked,
        codes=candidate.codes,
        system=candidate.system,
        module=candidate.module,
        valid_from=candidate.valid_from,
        valid_to=candidate.valid_to,
        author=candidate.author_name,
        reviewer=actor.name,
        comment=comment[:2000],
        candidate_id=candidate.id,
        published_at=tx.now,
        reports=list(candidate.reports),
        attachments=list(candidate.attachments),
    )


def _note_links(session: Session, revision: Revision, keys: Sequence[str]) -> None:
    if keys:
        session.execute(insert(REVISION_LINK), [{"revision_id": revision.id, "key": key} for key in keys])


def _render_referring(session: Session, article: Article) -> None:
    """Revisions that refer to an article by its key get their links, now that it has a number."""
    joined = select(Revision).join(REVISION_LINK, REVISION_LINK.c.revision_id == Revision.id)
    for revision in session.scalars(joined.where(REVISION_LINK.c.key == article.key)):
        keys = session.scalars(select(REVISION_LINK.c.key).where(REVISION_LINK.c.revision_id == revision.id)).all()
        files = {one.id for one in revision.attachments}
        resolve = _resolver(session, keys, revision.article.scope, files)
        revision.html = dict(rendering.render(revision.fields, resolve).html)
