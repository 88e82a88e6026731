"""What a person typed, as a tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import Analyzer
from indexer.parser import STEPS, parse
from indexer.query import And, Code, Everything, Not, Or, Phrase, Words

ANALYZER = Analyzer()


@given(st.one_of(st.text(st.characters(codec=None)), st.text(st.sampled_from('-－"“”「」 税发票a1.０-*?[]/~的'))))
def test_any_text_is_a_query(text: str):
    parsed = parse(text, ANALYZER)
    for step in STEPS:
        assert isinstance(parsed.tree(step), Words | Phrase | Code | And | Or | Not | Everything)


def test_nothing_typed_asks_for_everything():
    assert parse(" \n　", ANALYZER).tree("all") == Everything()


@pytest.mark.parametrize("text", ["???", "*", "?*?*", "…—。", "😀", "\ud800"])
def test_punctuation_alone_asks_for_nothing(text: str):
    assert parse(text, ANALYZER).tree("all") == Or(())


def test_words_are_demanded_less_and_less():
    parsed = parse("电子税务局 登录 白屏 浏览器", ANALYZER)
    required = [parsed.tree(step).required for step in STEPS]
    assert required == [len(parsed.question.words), (len(parsed.question.words) + 1) // 2, 0]


@pytest.mark.parametrize("text", ['"表或视图不存在"', "“表或视图不存在”", "「表或视图不存在」", "＂表或視圖不存在＂"])
def test_quotes_make_a_phrase(text: str):
    assert parse(text, ANALYZER).phrases == (Phrase(tuple("表或视图不存在")),)


@pytest.mark.parametrize("text", ["欠条上以示“见证”的人", "“一房多租”有效吗", "从税务局-登录"])
def test_quotes_and_dashes_inside_a_sentence_are_punctuation(text: str):
    parsed = parse(text, ANALYZER)
    assert (parsed.phrases, parsed.excluded) == ((), ())


def test_an_unclosed_quote_is_only_a_character():
    assert parse('"发票', ANALYZER).tree("all") == parse("发票", ANALYZER).tree("all")


@pytest.mark.parametrize("text", ["发票 -作废", "发票 －作废", '发票 -"作废"'])
def test_a_minus_before_a_word_excludes_it(text: str):
    parsed = parse(text, ANALYZER)
    assert parsed.excluded == (Phrase(("作", "废")),)
    assert "作废" not in parsed.question.terms


def test_a_minus_before_a_code_excludes_the_code_in_any_spelling():
    assert parse("登录 -ORA-00942", ANALYZER).excluded == (Code("ora942"),)


@pytest.mark.parametrize("text", ["-1073", "－1073", "打印 -1073"])
def test_a_minus_before_a_number_is_a_code(text: str):
    parsed = parse(text, ANALYZER)
    assert parsed.excluded == ()
    assert parsed.question.codes == ("-1073",)


def test_only_an_exclusion_asks_for_everything_else():
    assert parse("-作废", ANALYZER).tree("all") == And((Everything(), Not(Phrase(("作", "废")))))


def test_a_code_is_found_even_where_the_other_words_are_not():
    tree = parse("申报 ORA-00942", ANALYZER).tree("all")
    assert isinstance(tree, Or)
    assert Code("ora942") in tree.parts
