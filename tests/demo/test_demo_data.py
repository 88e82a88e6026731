"""The demo data holds together, is large enough, and names nobody real."""

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from kb_service import demo
from kb_service.domain.access import ROLES
from kb_service.domain.article import AUDIENCES, KINDS
from kb_service.domain.organisation import KINDS as PLACES
from kb_service.domain.report import KINDS as REPORT_KINDS

SHARED = 20
DATA = demo.load()
ARTICLES = {article.key: article for article in DATA.articles}
REPORTS = {report.key: report for report in DATA.reports}
PEOPLE = {person.username: person for person in DATA.people}
PLACE_KEYS = {place.key for place in DATA.organisations}
SYSTEMS = {system.name: set(system.modules) for system in DATA.systems}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the demo with the key of what it belongs to."""
    for article in DATA.articles:
        for text in (article.title, *article.asked, *article.fields.values()):
            yield article.key, text
    for report in DATA.reports:
        for text in (report.phenomenon, report.environment, report.cause, report.resolution):
            yield report.key, text


def test_there_are_enough_articles_reports_and_questions() -> None:
    assert len(DATA.articles) >= 80
    assert len(DATA.reports) >= 200
    assert len(DATA.questions) >= 60
    assert {article.kind for article in DATA.articles} == set(KINDS)


def test_keys_are_unique() -> None:
    for things in (DATA.articles, DATA.reports, DATA.organisations):
        assert [key for key, count in Counter(thing.key for thing in things).items() if count > 1] == []
    assert len({article.title for article in DATA.articles}) == len(DATA.articles)
    assert len({question.article for question in DATA.questions}) == len(DATA.questions)


def test_parents_stand_before_their_children() -> None:
    known = {""}
    for place in DATA.organisations:
        assert place.parent in known
        assert place.kind in PLACES
        known.add(place.key)


def test_people_hold_known_roles_for_known_organisations() -> None:
    for person in DATA.people:
        assert person.organisation in PLACE_KEYS
        assert all(role in ROLES and place in PLACE_KEYS for role, place in person.roles)


@pytest.mark.parametrize("article", DATA.articles, ids=lambda article: article.key)
def test_an_article_is_complete_and_refers_to_what_exists(article: demo.Article) -> None:
    needed = {field.name for field in KINDS[article.kind].fields if field.required}
    assert needed <= set(article.fields)
    assert all(article.fields.values())
    assert article.audience in AUDIENCES
    assert article.scope in PLACE_KEYS
    assert set(article.restricted_to) <= PLACE_KEYS
    assert bool(article.restricted_to) == (article.audience == "restricted")
    assert article.module in SYSTEMS[article.system]
    assert {article.author, article.reviewer} <= set(PEOPLE)
    assert set(article.reports) <= set(REPORTS)
    assert all(REPORTS[key].told_on <= article.published for key in article.reports)


@pytest.mark.parametrize("article", DATA.articles, ids=lambda article: article.key)
def test_nobody_decides_on_an_article_of_his_own(article: demo.Article) -> None:
    deciders = [name for name in (article.author, article.reviewer, article.signer) if name]
    assert len(set(deciders)) == len(deciders)
    assert bool(article.signer) == (article.scope == "hq" or article.audience == "restricted")


@pytest.mark.parametrize("report", DATA.reports, ids=lambda report: report.key)
def test_a_report_is_complete(report: demo.Report) -> None:
    assert report.phenomenon
    assert report.kind in REPORT_KINDS
    assert bool(report.resolution) == bool(report.resolved)
    assert report.resolved is None or report.occurred <= report.resolved


def test_most_reports_name_an_organisation_that_is_known() -> None:
    names = {name for place in DATA.organisations for name in (place.name, *place.aliases)}
    known = sum(report.organisation in names for report in DATA.reports)
    assert 0.85 <= known / len(DATA.reports) < 1


def test_every_question_names_an_article() -> None:
    assert {question.article for question in DATA.questions} <= set(ARTICLES)


def test_no_two_texts_share_a_sentence() -> None:
    seen: dict[str, str] = {}
    for key, text in texts():
        for sentence in re.split(r"[。！？；;!?\n]", text):
            told = re.sub(r"^\s*(?:\d+\.|[-*>#|]+)\s*|\s", "", sentence)
            if len(told) >= SHARED:
                assert seen.setdefault(told, key) == key, sentence


def test_no_text_holds_what_looks_like_a_phone_or_an_identity_number() -> None:
    personal = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)0\d{2,3}-\d{7,8}(?!\d)")
    found = [(key, match[0]) for key, text in texts() if (match := personal.search(text))]
    assert found == []


def test_addresses_are_private_or_reserved_for_documents() -> None:
    address = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
    versions = {"12.2.1.4"}
    found = {match[0] for _, text in texts() for match in address.finditer(text)} - versions
    assert [told for told in found if not ip_address(told).is_private] == []
