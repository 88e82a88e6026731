"""The demo base comes to be through the use cases, once, and nowhere but in a folder of its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb_service import demo
from kb_service.bootstrap import KnowledgeBase
from kb_service.config import Settings
from kb_service.demo.build import Clock, NotADemo, build, new_home
from kb_service.domain.access import Actor
from kb_service.inputs import SearchRequest

DATA = demo.load()
ARTICLES = {article.key: article for article in DATA.articles}


def reader_of(base: KnowledgeBase, article: demo.Article) -> Actor:
    """Who may be expected to ask for it: the visitor, somebody below its scope, or one of the chosen few."""
    if article.audience == "public":
        return base.people.visitor()
    if article.audience == "restricted":
        return base.people.actor(base.people.find("expert2").id)
    username = "officer" if article.scope in ("hq", "ql", "lz", "lz-dong") else "expert"
    return base.people.actor(base.people.find(username).id)


def test_everything_is_there(built: KnowledgeBase) -> None:
    local = built.people.local()
    assert built.articles.list(local, offset=0, limit=1).total == len(DATA.articles)
    assert built.reports.list(local, limit=1).total == len(DATA.reports)
    assert len(built.people.list(local)) == len(DATA.people)
    assert len(built.people.organisations(local)) == len(DATA.organisations)
    assert {system.name for system in built.people.systems()} == {system.name for system in DATA.systems}
    assert {row.text for row in built.lexicon.list(local).rows} == {entry.text for entry in DATA.lexicon}


@pytest.mark.parametrize("question", DATA.questions, ids=lambda question: question.article)
def test_a_question_finds_its_article_among_the_first_three(built: KnowledgeBase, question: demo.Question) -> None:
    article = ARTICLES[question.article]
    results = built.search.find(reader_of(built, article), SearchRequest(words=question.words, limit=3))
    assert article.title in [hit.title for hit in results.hits]


def test_the_visitor_finds_no_internal_article(built: KnowledgeBase) -> None:
    for article in DATA.articles:
        if article.audience != "public":
            results = built.search.find(built.people.visitor(), SearchRequest(words=article.title, limit=10))
            assert article.title not in [hit.title for hit in results.hits]


def test_articles_were_published_when_the_data_says_by_whom_the_data_says(built: KnowledgeBase) -> None:
    local = built.people.local()
    names = {person.username: person.name for person in DATA.people}
    rows = {row.title: row for row in built.articles.list(local, offset=0, limit=200).rows}
    for article in DATA.articles[:10]:
        view = built.articles.get(local, rows[article.title].number)
        assert view.published_at.date() == article.published
        assert view.author == names[article.author]
        assert view.reviewer == names[article.reviewer]
        assert {row.key for row in view.reports} <= set(article.reports)


def test_nearly_all_reports_an_article_names_are_linked_to_it(built: KnowledgeBase) -> None:
    local = built.people.local()
    rows = built.articles.list(local, offset=0, limit=200).rows
    linked = sum(len(built.articles.get(local, row.number).reports) for row in rows)
    assert linked >= 0.85 * sum(len(article.reports) for article in DATA.articles)


def test_nothing_happens_after_the_data_ends(built: KnowledgeBase) -> None:
    last = max(report.told_on for report in DATA.reports)
    rows = built.articles.list(built.people.local(), offset=0, limit=200).rows
    assert max(row.published_at.date() for row in rows) <= last


def test_articles_that_helped_say_so(built: KnowledgeBase) -> None:
    local = built.people.local()
    rows = built.articles.list(local, offset=0, limit=200).rows
    assert sum(built.articles.get(local, row.number).solved for row in rows) >= 50


def test_the_index_is_true_to_the_database(built: KnowledgeBase) -> None:
    assert built.index.check().clean


def test_a_base_that_is_not_empty_is_left_as_it_is(built: KnowledgeBase) -> None:
    with pytest.raises(NotADemo):
        build(built, Clock())
    assert len(built.people.list(built.people.local())) == len(DATA.people)


def test_a_folder_that_holds_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kb.sqlite").write_bytes(b"somebody's")
    settings = Settings().model_copy(update={"home": tmp_path})
    with pytest.raises(NotADemo), new_home(settings):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["kb.sqlite"]


def test_a_database_elsewhere_is_left_as_it_is(tmp_path: Path) -> None:
    settings = Settings().model_copy(update={"home": tmp_path / "home", "database": f"sqlite:///{tmp_path}/kb.sqlite"})
    with pytest.raises(NotADemo), new_home(settings):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    settings = Settings().model_copy(update={"home": tmp_path / "home"})

    def interrupted() -> None:
        with new_home(settings) as fresh:
            (fresh.home / "kb.sqlite").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_clock_that_is_not_set_tells_the_real_time() -> None:
    assert abs(Clock()() - datetime.now(UTC)).total_seconds() < 5
