"""Snippets: the right place, the right marks, safe HTML, bounded time."""

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import Analyzer
from indexer.highlight import mark, snippet, to_html

ANALYZER = Analyzer()


def marked(text: str, query: str, length: int = 160) -> list[str]:
    found = snippet(text, ANALYZER.question(query).shown, ANALYZER, length)
    return [found.text[start:end] for start, end in found.marks]


@given(st.text(st.characters(codec=None)), st.text(max_size=20), st.integers(40, 200))
def test_a_snippet_is_a_piece_of_the_text_with_ordered_marks(text: str, query: str, length: int):
    found = snippet(text, ANALYZER.question(query).searched, ANALYZER, length)
    original = text[found.start : found.start + len(found.text)]
    assert found.text == re.sub("[\ud800-\udfff]", "\ufffd", original)
    assert len(found.text) <= length
    edges = [edge for pair in found.marks for edge in pair]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(found.text) for edge in edges)


@given(st.text(st.sampled_from("<>&\"'税务发票/mark ")), st.just("税务发票"))
def test_html_shows_the_text_and_nothing_else(text: str, query: str):
    html = to_html(mark(text, ANALYZER.question(query).searched, ANALYZER))
    assert unescape(re.sub("</?mark>", "", html)) == text
    assert set(re.findall("<[^>]*>", html)) <= {"<mark>", "</mark>"}


@pytest.mark.parametrize(
    ("text", "query", "marks"),
    [
        ("请在电子税务局登录", "电子税务局", ["电子税务局"]),
        ("請在電子稅務局登錄", "电子税务局", ["電子稅務局"]),
        ("提示ＯＲＡ－００９４２。", "ora 942", ["ＯＲＡ－００９４２"]),
        ("发票怎么开具？怎么办", "请问发票怎么办", ["发票"]),
        ("重 100 ㎏", "100kg", ["100", "㎏"]),
        ("没有", "发票", []),
    ],
)
def test_marks_cover_what_was_asked_and_no_function_word(text: str, query: str, marks: list[str]):
    assert marked(text, query) == marks


def test_the_excerpt_is_where_most_words_stand_together():
    text = f"{'发票。' * 300}\n先清除浏览器缓存，再登录电子税务局开具发票。{'其他内容。' * 300}"
    found = snippet(text, ANALYZER.question("浏览器缓存 登录 发票").shown, ANALYZER, 80)
    assert "清除浏览器缓存，再登录" in found.text
    assert to_html(found).startswith("…")
    assert to_html(found).endswith("…")


def test_without_any_term_the_beginning_is_shown():
    found = snippet("第一句。第二句。", frozenset(), ANALYZER, 4)
    assert (found.text, found.marks, found.cut_before, found.cut_after) == ("第一句。", (), False, True)


@pytest.mark.parametrize("unit", ["发票", "税", "<b>", "a-", "e\u0301", "。"])
def test_a_huge_text_is_cut_in_time(unit: str):
    text = unit * (2_000_000 // len(unit))
    began = time.process_time()
    snippet(text, ANALYZER.question("发票 税 a e").searched, ANALYZER)
    assert time.process_time() - began < 3
