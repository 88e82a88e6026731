"""Addresses that pages make of the one they are at."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask, session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web.templating import asset, choosing, day, here

NAMES = st.sampled_from(["q", "kind", "system", "sort", "page"])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(NAMES, WORDS), max_size=6), NAMES, st.lists(WORDS, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_link_changes_one_parameter_and_keeps_the_others_but_the_page(
    app: Flask, told: list[tuple[str, str]], name: str, values: list[str]
) -> None:
    with app.test_request_context(f"/search?{urlencode(told)}"):
        link = urlsplit(here(**{name: values}))
    kept = [one for one in told if one[0] not in ("page", name)]
    assert link.path == "/search"
    assert sorted(parse_qsl(link.query)) == sorted([*kept, *((name, value) for value in values)])


@given(st.lists(st.tuples(NAMES, WORDS), max_size=6), st.lists(WORDS, unique=True, max_size=3), WORDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_link_of_a_value_of_a_facet_chooses_it_or_takes_it_back(
    app: Flask, told: list[tuple[str, str]], chosen: list[str], value: str
) -> None:
    with app.test_request_context(f"/search?{urlencode(told)}"):
        link = choosing("system", chosen, q="发票")
        once, other = link(value), link(f"{value}之外")
    kept = {(name, one) for name, one in told if name not in ("page", "system", "q")} | {("q", "发票")}
    systems = {("system", one) for one in {*chosen} ^ {value}}
    assert set(parse_qsl(urlsplit(once).query)) == kept | systems
    assert ("system", f"{value}之外") in parse_qsl(urlsplit(other).query) or f"{value}之外" in chosen


@pytest.mark.parametrize(
    ("at", "link"),
    [("/articles/ZS000001?lang=en", "/kb/articles/ZS000001"), ("/没有?lang=en", "/kb/")],
    ids=["a page", "what is no page"],
)
def test_a_link_stays_below_the_prefix_a_proxy_gives(app: Flask, at: str, link: str) -> None:
    told: dict[str, Any] = {"lang": None}
    with app.test_request_context(at, base_url="http://kb.example/kb"):
        assert here(**told) == link


def test_a_day_is_written_in_the_language_of_each_reader(app: Flask) -> None:
    for language, shown in [("zh-CN", "2026年3月1日"), ("en", "Mar 1, 2026")] * 2:
        with app.test_request_context("/"):
            session["language"] = language
            assert day("2026-03-01") == shown


@pytest.mark.parametrize("prefix", ["", "/kb", "/other"])
def test_a_static_file_lies_below_the_prefix_a_proxy_gives(app: Flask, prefix: str) -> None:
    with app.test_request_context("/", base_url=f"http://kb.example{prefix}"):
        assert asset("app.css").startswith(f"{prefix}/static/app.css?v=")
