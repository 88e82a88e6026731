"""Who sees what: the tokens of the index and the conditions of the database say the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import (
    ADMINISTRATORS,
    LOCAL,
    ROLES,
    STAFF,
    VISITOR,
    Actor,
    readers_of_article,
    readers_of_report,
    tokens_of,
    visible_articles,
    visible_candidates,
    visible_reports,
)
from kb_service.domain.article import AUDIENCES, Article, ArticleReader
from kb_service.domain.candidate import Candidate
from kb_service.domain.organisation import Organisation
from kb_service.domain.report import Report
from kb_service.errors import Denied, KBError, NotFound
from kb_service.inputs import AttachmentInput
from kb_service.store.tables import Base
from tests.base import actor
from tests.kb_service.making import found, imported, published, solution, submitted, told

PLACES = 7
STATES = ("published", "retiring", "retired", "restoring")
PICTURE = AttachmentInput(name="图.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n0")


@pytest.fixture(scope="module")
def engine() -> Iterator[object]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@st.composite
def trees(draw: st.DrawFn) -> list[Organisation]:
    """Some organisations; each but the first lies below an earlier one."""
    nodes = [Organisation(id=1, name="1", kind="headquarters", path="/1/")]
    for number in range(2, draw(st.integers(2, PLACES)) + 1):
        above = draw(st.sampled_from(nodes))
        nodes.append(
            Organisation(id=number, name=str(number), kind="city", parent_id=above.id, path=f"{above.path}{number}/")
        )
    return nodes


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Organisation], list[Article], list[Report], list[Actor]]:
    tree = draw(trees())
    ids = st.sampled_from([node.id for node in tree])
    articles = [
        Article(
            id=number,
            kind="faq",
            state=draw(st.sampled_from(STATES)),
            audience=draw(st.sampled_from(AUDIENCES)),
            scope_id=draw(ids),
            readers=[ArticleReader(organisation_id=one) for one in draw(st.sets(ids, max_size=3))],
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]
    reports = [
        Report(id=number, identity=str(number), digest="", organisation_id=draw(ids))
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    paths = st.sampled_from([node.path for node in tree])
    grants = st.frozensets(st.tuples(st.sampled_from(ROLES), paths), max_size=3)
    persons = [Actor(f"p{one}", f"p{one}", one, draw(paths), draw(grants)) for one in range(1, 4)]
    return tree, articles, reports, [VISITOR, LOCAL, *persons]


def tokens_opening(article: Article) -> frozenset[str]:
    chosen = [reader.organisation_id for reader in article.readers]
    return readers_of_article(article.audience, article.state, article.scope.path, chosen)


def _readers(article: Article) -> frozenset[str]:
    chosen = [one.organisation_id for one in article.readers]
    return readers_of_article(article.audience, article.state, article.scope.path, chosen)


@given(worlds())
@settings(max_examples=150)
def test_tokens_and_conditions_agree_on_every_article_and_report(engine: object, world: tuple) -> None:
    tree, articles, reports, actors = world
    with Session(engine) as session:
        session.add_all(tree)
        session.flush()
        session.add_all([*articles, *reports])
        session.flush()
        for who in actors:
            tokens = tokens_of(who)
            seen = set(session.scalars(select(Article.id).where(visible_articles(who))))
            assert seen == {one.id for one in articles if tokens_opening(one) & tokens}
            seen = set(session.scalars(select(Report.id).where(visible_reports(who))))
            assert seen == {one.id for one in reports if readers_of_report(one.organisation.path) & tokens}


@given(worlds())
@settings(max_examples=50)
def test_the_visitor_sees_public_only_and_an_administrator_no_more_than_a_plain_person(
    engine: object, world: tuple
) -> None:
    tree, articles, _, actors = world
    with Session(engine) as session:
        session.add_all(tree)
        session.flush()
        session.add_all(articles)
        session.flush()
        for one in articles:
            if tokens_opening(one) & tokens_of(VISITOR):
                assert one.audience == "public"
                assert one.state in ("published", "retiring")
    for who in actors[2:]:
        plain = Actor(who.name, who.username, who.person_id, who.place)
        administrator = Actor(
            who.name, who.username, who.person_id, who.place, frozenset((role, "/1/") for role in ADMINISTRATORS)
        )
        assert tokens_of(administrator) == tokens_of(plain)


@given(worlds(), st.data())
@settings(max_examples=50)
def test_candidates_are_seen_by_their_author_and_who_decides_in_their_scope(
    engine: object, world: tuple, data: st.DataObject
) -> None:
    tree, _, _, actors = world
    at = datetime(2026, 3, 5, tzinfo=UTC)
    with Session(engine) as session:
        session.add_all(tree)
        session.flush()
        session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")
        waiting = Candidate(
            id=1,
            kind="faq",
            title="t",
            fields={},
            state=data.draw(st.sampled_from(("draft", "in_review", "in_signoff"))),
            scope_id=data.draw(st.sampled_from([node.id for node in tree])),
            author_id=data.draw(st.sampled_from((1, 2, 3, None))),
            author_name="a",
            updated_at=at,
        )
        session.add(waiting)
        session.flush()
        for who in actors:
            decides = who.holds({"reviewer", "group_head"}, waiting.scope.path) and waiting.state != "draft"
            wrote = who.signed_in and who.person_id == waiting.author_id
            seen = session.scalar(select(Candidate.id).where(visible_candidates(who))) is not None
            assert seen == (who.is_local or wrote or decides)


def _answer(ask: object, *arguments: object) -> tuple[type[KBError], str, str, dict]:
    with pytest.raises(KBError) as refused:
        ask(*arguments)
    return type(refused.value), refused.value.code, refused.value.message, dict(refused.value.detail)


def test_what_may_not_be_seen_answers_like_what_does_not_exist(kb: KnowledgeBase) -> None:
    article = published(kb, solution())
    report = kb.reports.file(actor(kb, "expert"), told()).number
    waiting = submitted(kb, actor(kb, "expert"), solution("另一条")).id
    batch = imported(kb, actor(kb, "expert"), [told(7)]).id
    other = actor(kb, "officer_b")
    for get, hidden, absent in (
        (kb.articles.get, article, "KB999999"),
        (kb.articles.revisions, article, "KB999999"),
        (kb.reports.get, report, "BG999999"),
        (kb.reports.nearest, report, "BG999999"),
        (kb.candidates.get, waiting, 999999),
        (kb.candidates.input_of, waiting, 999999),
        (kb.imports.get, batch, 999999),
        (kb.imports.path, batch, 999999),
    ):
        for who in (other, kb.people.visitor()):
            assert _answer(get, who, hidden) == _answer(get, who, absent) == _answer(get, who, absent)


@pytest.mark.parametrize(
    "number", ["", "KB", "KBx", "BG000001", "KB-1", "KB１", "KB" + "9" * 30, "'; drop table article"]
)
def test_a_number_that_is_none_is_not_found(kb: KnowledgeBase, number: str) -> None:
    with pytest.raises(NotFound):
        kb.articles.get(kb.people.local(), number)


def test_an_id_larger_than_any_column_is_not_found(kb: KnowledgeBase) -> None:
    with pytest.raises(NotFound):
        kb.candidates.get(kb.people.local(), 10**30)


def test_a_reviewer_outside_the_scope_sees_no_candidate(kb: KnowledgeBase) -> None:
    waiting = submitted(kb, actor(kb, "expert_b"), solution())
    assert kb.reviews.queue(actor(kb, "reviewer")).total == 0
    with pytest.raises(NotFound):
        kb.reviews.accept(actor(kb, "reviewer"), waiting.id, seen_version=waiting.version)
    assert kb.reviews.queue(actor(kb, "reviewer_hq")).total == 1


def test_a_draft_is_its_authors_alone(kb: KnowledgeBase) -> None:
    draft = kb.candidates.create(actor(kb, "expert"), solution())
    for name in ("reviewer", "reviewer_hq", "head", "manager", "sysadmin", "expert_b"):
        with pytest.raises(NotFound):
            kb.candidates.get(actor(kb, name), draft.id)


def test_a_revision_that_moves_an_article_is_decided_by_who_is_at_home_in_both_scopes(kb: KnowledgeBase) -> None:
    local = kb.people.local()
    kb.people.add(local, username="reviewer_b", name="乙审", organisation="乙省局", roles=[("reviewer", "乙省局")])
    number = published(kb, solution(audience="public"))
    taker = actor(kb, "expert_b")
    draft = kb.candidates.revise(taker, number)
    kept = kb.candidates.edit(taker, draft.id, kb.candidates.input_of(taker, draft.id), seen_version=draft.version)
    assert kept.scope == "甲省局"
    moved = kb.candidates.edit(
        taker, draft.id, solution("归乙", audience="public", scope=taker.organisation_id), seen_version=kept.version
    )
    waiting = kb.candidates.submit(taker, draft.id, seen_version=moved.version)
    with pytest.raises(Denied):
        kb.reviews.accept(actor(kb, "reviewer_b"), waiting.id, seen_version=waiting.version)
    accepted = kb.reviews.accept(actor(kb, "reviewer_hq"), waiting.id, seen_version=waiting.version)
    assert kb.articles.get(taker, accepted.article).scope == "乙省局"


def test_the_history_of_an_article_is_for_its_writers(kb: KnowledgeBase) -> None:
    number = published(kb, solution())
    officer, expert = actor(kb, "officer"), actor(kb, "expert")
    assert kb.articles.get(officer, number)
    for ask in (lambda: kb.articles.revisions(officer, number), lambda: kb.articles.revision(officer, number, 1)):
        with pytest.raises(NotFound):
            ask()
    assert [one.number for one in kb.articles.revisions(expert, number)] == [1]
    with pytest.raises(NotFound):
        kb.articles.revision(expert, number, 2)


def test_a_restricted_article_is_for_its_groups_even_among_staff(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    group = next(one.id for one in kb.people.organisations(expert) if one.name == "甲一市局")
    number = published(
        kb, solution("核心参数的调整", audience="restricted", restricted_to=(group,)), reviewer="reviewer_hq"
    )
    for name, sees in (("officer", True), ("operator", True), ("expert", False), ("manager", False), ("head", False)):
        who = actor(kb, name)
        assert (found(kb, who, "核心参数的调整") == [number]) is sees
        if not sees:
            with pytest.raises(NotFound):
                kb.articles.get(who, number)


def test_attachments_follow_what_they_belong_to(kb: KnowledgeBase) -> None:
    expert, officer, stranger = (actor(kb, name) for name in ("expert", "officer", "officer_b"))
    report = kb.reports.file(expert, told(attachments=(PICTURE,)))
    fields = {"symptom": "见![图](attachment:图.png)", "resolution": "重启"}
    waiting = submitted(kb, expert, solution("有图", fields=fields, attachments=(PICTURE,)))
    of_report, of_candidate = report.attachments[0].id, waiting.attachments[0].id
    assert f"/attachments/{of_candidate}" in waiting.fields[0].html

    def sees(name: str, one: str) -> bool:
        try:
            view, path = kb.attachments.open(actor(kb, name), one)
        except NotFound:
            return False
        assert path.read_bytes() == PICTURE.data
        return view.media_type == "image/png"

    assert [name for name in ("operator", "reviewer", "officer", "expert_b", "sysadmin") if sees(name, of_report)] == [
        "operator",
        "reviewer",
    ]
    assert [name for name in ("operator", "reviewer", "officer", "expert_b") if sees(name, of_candidate)] == [
        "reviewer"
    ]
    accepted = kb.reviews.accept(actor(kb, "reviewer"), waiting.id, seen_version=waiting.version)
    assert sees("officer", of_candidate)
    assert not sees("officer_b", of_candidate)
    article = kb.articles.get(officer, accepted.article)
    assert [one.id for one in article.attachments] == [of_candidate]
    for absent in ("0" * 32, "", "../../secret", of_report.upper()):
        assert _answer(kb.attachments.open, stranger, absent) == _answer(kb.attachments.open, stranger, of_report)


def test_a_picture_that_is_none_is_only_downloaded(kb: KnowledgeBase) -> None:
    script = AttachmentInput(name="../a\u202egnp.html", media_type="image/png", data=b"<script>alert(1)</script>")
    kept = kb.attachments.store(actor(kb, "expert"), script)
    assert kept.media_type == "application/octet-stream"
    assert not set(kept.name) & set("/\\\u202e")
    page = AttachmentInput(name="x.html", media_type="text/html", data=b"<p>")
    assert kb.attachments.store(actor(kb, "expert"), page).media_type == "application/octet-stream"


def test_somebody_elses_attachment_cannot_be_taken_into_ones_own_text(kb: KnowledgeBase) -> None:
    theirs = kb.attachments.store(actor(kb, "expert_b"), PICTURE)
    fields = {"symptom": f"![偷](attachment:{theirs.id})", "resolution": "无"}
    mine = kb.candidates.create(actor(kb, "expert"), solution(fields=fields))
    assert mine.attachments == ()
    assert theirs.id not in mine.fields[0].html
    with pytest.raises(NotFound):
        kb.attachments.open(actor(kb, "expert"), theirs.id)


def test_only_staff_reads_reports_and_only_of_its_subtree(kb: KnowledgeBase) -> None:
    expert_b = actor(kb, "expert_b")
    number = kb.reports.file(expert_b, told(organisation="乙一一县局")).number
    for name in ("officer_b", "expert", "reviewer", "manager", "sysadmin"):
        who = actor(kb, name)
        assert kb.reports.list(who).total == 0
        with pytest.raises(NotFound):
            kb.candidates.from_reports(who, [number]) if who.may("write") else kb.reports.get(who, number)
    assert kb.reports.list(actor(kb, "head")).total == 1


def test_nobody_files_a_report_for_an_organisation_that_is_not_his(kb: KnowledgeBase) -> None:
    expert, expert_b = actor(kb, "expert"), actor(kb, "expert_b")
    filed = kb.reports.file(expert_b, told(organisation="乙一一县局"))
    for text in ("改过的现象", filed.current.phenomenon):
        with pytest.raises(Denied):
            kb.reports.file(expert, told(organisation="乙一一县局", phenomenon=text))
    assert len(kb.reports.get(expert_b, filed.number).versions) == 1
    with pytest.raises(Denied):
        kb.reports.file(actor(kb, "officer"), told())


def test_a_disabled_person_acts_no_more(kb: KnowledgeBase) -> None:
    person = kb.people.find("expert").id
    kb.people.disable(kb.people.local(), "expert")
    with pytest.raises(NotFound):
        kb.people.actor(person)


def test_accounts_are_for_who_administers_them(kb: KnowledgeBase, tmp_path: Path) -> None:
    for name in ("expert", "reviewer", "head", "manager", "sysadmin"):
        who = actor(kb, name)
        with pytest.raises(Denied):
            kb.people.add(who, username="x", name="x", organisation="总局", roles=[("group_head", "")])
        with pytest.raises(Denied):
            kb.people.list(who)
    assert kb.people.organisations(kb.people.visitor()) == ()
    assert STAFF.isdisjoint(ADMINISTRATORS)
