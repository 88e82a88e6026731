"""What the index holds: exactly what is searchable, and never who handled a report or how to reach anybody."""

from itertools import product

import pytest
from sqlalchemy import select

from kb_service import documents
from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.article import Article
from kb_service.domain.workflow import ARTICLE, FINDABLE, states
from kb_service.store.feed import Feed
from tests.base import actor
from tests.kb_service.making import found, imported, published, solution, told


def test_an_article_is_searchable_while_it_is_found_and_has_a_revision(kb: KnowledgeBase) -> None:
    with kb.database.begin() as tx:
        for state, revision in product(sorted(states(ARTICLE)), (0, 1, 7)):
            tx.add(Article(kind="faq", state=state, scope_id=1, revision_number=revision))
    with kb.database.read() as session:
        every = session.scalars(select(Article)).all()
        searchable = set(session.scalars(select(Article.id).where(documents.searchable_articles())))
    assert searchable == {one.id for one in every if one.state in FINDABLE and one.revision_number > 0}


def test_handler_contact_and_phone_never_reach_a_document(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    secret = {"handler": "张甲龘", "contact": "李乙靐", "phone": "13800001234"}
    imported(kb, expert, [told(1, **secret)])
    text = repr(list(Feed(kb.database).searchable()))
    assert "证书过期" in text
    for hidden in secret.values():
        assert hidden not in text
        assert found(kb, expert, hidden) == []
    report = kb.reports.list(expert).rows[0]
    assert secret["phone"] not in repr(report)
    draft, rows = kb.candidates.from_reports(expert, [report.number])
    assert not [hidden for hidden in secret.values() if hidden in repr((draft, rows))]
    assert kb.reports.get(expert, report.number).current.phone == "13800001234"


def test_the_stream_the_versions_and_the_size_tell_the_same(kb: KnowledgeBase) -> None:
    published(kb, solution())
    imported(kb, actor(kb, "expert"), [told(n) for n in range(5)])
    feed = Feed(kb.database)
    streamed = {one.id: one.version for one in feed.searchable()}
    assert streamed == dict(feed.versions())
    assert len(streamed) == feed.size() == 6
    assert {change.document.id for change in feed.load(sorted(streamed))} == set(streamed)
    assert kb.index.rebuild() == 6
    assert kb.index.check().clean


@pytest.mark.parametrize("noun", ["article", "report"])
def test_a_document_id_leads_back(noun: str) -> None:
    assert documents.parse_id(documents.document_id(noun, 12)) == (noun, 12)


def test_only_the_current_text_is_in_the_index(kb: KnowledgeBase) -> None:
    expert = actor(kb, "expert")
    imported(kb, expert, [told(1, phenomenon="旧的龘现象")])
    imported(kb, expert, [told(1, phenomenon="新的靐现象")])
    assert found(kb, expert, "龘") == []
    assert len(found(kb, expert, "靐")) == 1
