"""Terms, units and spans; the same whichever segmenter cuts."""

import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis import segment
from indexer.analysis.analyzer import ADDED, BUILT_IN, NAME, PAIR, Analyzer
from indexer.analysis.segment import Segmenter
from indexer.analysis.terms import term_id, term_ids
from indexer.lexicon import Lexicon, Synonyms

MIXED = st.text(
    st.sampled_from("电子税务局申报发票怎么的了請問發票 -_.:/0123459abcxORAorｘ０，。\n㐀𠮷あア한\u0301½"), max_size=60
)


FAST, PURE, HERE = Analyzer("rjieba"), Analyzer("jieba"), Analyzer()


@given(st.one_of(MIXED, st.text(st.characters(codec=None))))
def test_spans_are_the_terms_with_their_places(text: str):
    terms = set(HERE.tokens(text).terms)
    spans = HERE.spans(text, terms)
    assert {span.term for span in spans} == terms
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert [span.start for span in spans] == sorted(span.start for span in spans)


@pytest.mark.compiled
@given(MIXED)
def test_both_segmenters_give_the_same_tokens(text: str):
    assert PURE.tokens(text) == FAST.tokens(text)


@pytest.mark.compiled
def test_both_segmenters_agree_on_real_texts(corpora: Path):
    for name in ("lecoqa", "tidb"):
        with gzip.open(corpora / name / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
            for _, line in zip(range(60), lines, strict=False):
                body = json.loads(line)["body"][:3_000]
                assert PURE.tokens(body) == FAST.tokens(body)


def test_the_fingerprint_is_that_of_what_is_built_in():
    assert PURE.fingerprint == FAST.fingerprint == Analyzer(lexicon=Lexicon(words=("税智通",))).fingerprint


def test_a_word_of_the_lexicon_is_a_term():
    assert "税智通" in Analyzer(lexicon=Lexicon(words=(" 税智通 ", ""))).tokens("请用税智通登录").terms


@pytest.mark.parametrize("begun", [True, False])
def test_a_lexicon_is_adopted_at_once(begun: bool):
    analyzer = Analyzer()
    if begun:
        analyzer.question("税智通")
    synonyms = (Synonyms(("税智通",), ("征管助手",)), Synonyms(("vpn", "虚拟专网"), ("vpn", "虚拟专网")))
    added = Lexicon(("税智通",), ("登录",), synonyms)
    analyzer.adopt(added)
    assert analyzer.lexicon == added
    question = analyzer.question("请用税智通登录VPN")
    assert set(question.words) == {"智通", "税智通", "vpn"}
    told = [(form.typed, form.meant) for form in question.forms if form.origin == ADDED]
    assert told == [("税智通", "征管助手"), ("vpn", "虚拟专网")]
    assert analyzer.question("征管助手").forms == ()
    analyzer.adopt(Lexicon())
    assert {form.origin for form in analyzer.question("请用税智通登录VPN").forms} == {BUILT_IN}
    assert "税智通" not in analyzer.tokens("请用税智通登录").terms


def test_the_longest_phrase_with_synonyms_counts():
    sets = (Synonyms(("开票",), ("出票",)), Synonyms(("开票软件",), ("税务发票软件",)))
    question = Analyzer(lexicon=Lexicon(synonyms=sets)).question("开票软件与开票")
    assert [(form.meant, form.start, form.end) for form in question.forms] == [("税务发票软件", 0, 4), ("出票", 5, 7)]
    replaced = {term.text for term in question.terms if question.forms[0].replaces(term)}
    assert replaced >= {"开票", "软件", "票软"}


@given(MIXED)
def test_terms_of_a_question_tell_their_place_among_its_units(text: str):
    question = HERE.question(text)
    for term in question.terms:
        assert question.units[term.start : term.end] == term.units


@given(MIXED)
def test_what_a_question_searches_is_what_a_text_is_indexed_by(text: str):
    terms = set(HERE.tokens(text).terms)
    question = HERE.question(text)
    assert {term.text for term in question.terms if term.channel == NAME} <= terms
    assert {term.text for term in question.terms if term.channel == PAIR} <= terms


def test_every_pair_of_neighbours_is_a_term(analyzer: Analyzer):
    text = "金税盘清卡不成功"
    assert {text[at : at + 2] for at in range(len(text) - 1)} <= set(analyzer.tokens(text).terms)


def test_units_are_single_han_characters_latin_words_and_numbers(analyzer: Analyzer):
    assert analyzer.tokens("發票ORA-00942 v8.2").units == ["发", "票", "ora", "942", "v", "8", "2"]


def test_function_words_weigh_nothing(analyzer: Analyzer):
    question = analyzer.question("请问发票怎么开具，谢谢老师")
    assert question.words == ("发票", "开具")
    assert question.shown == {"发票", "开具"}


def test_function_words_alone_are_asked_as_they_are(analyzer: Analyzer):
    assert set(analyzer.question("怎么办").searched) & set(analyzer.tokens("不知道怎么办了").terms)


def test_terms_have_one_number_everywhere():
    assert term_id("123456789") == 0xCBF43926  # the check value every CRC-32 is told by
    assert term_ids(["a", "税", "a"]).tolist() == [term_id("a"), term_id("税"), term_id("a")]


def test_the_segmenter_leaves_no_cache_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    segment._untouched_jieba.cache_clear()  # so that it reads its dictionary here
    assert Segmenter("jieba", []).cut("税务局") == ["税务", "税务局"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [pytest.param("rjieba", marks=pytest.mark.compiled), "jieba"])
def test_the_words_of_one_segmenter_are_unknown_to_the_next(name: str):
    assert Segmenter(name, ["清卡票"]).knows("清卡票")
    assert not Segmenter(name, []).knows("清卡票")


@pytest.mark.parametrize("analyzer", [FAST, PURE], ids=["rjieba", "jieba"])
@pytest.mark.parametrize(
    "unit",
    [
        "税",
        "税务",
        "税务发票增值",
        "<p class='a'>文 &nbsp;",
        "a",
        "a-",
        "a1b2-",
        "0-",
        "a 1 ",
        "-",
        " ",
        "e\u0301",
        "\u0301",
        "１",
        "x:",
    ],
)
def test_no_text_takes_long(analyzer: Analyzer, unit: str):
    analyzer.tokens("税务局")
    size = 1_000_000 // len(unit.encode())
    began = time.process_time()
    analyzer.tokens(unit * size)
    assert time.process_time() - began < 10  # some 2 s at most on a slow machine; quadratic is far beyond


def test_one_character_without_end_is_cut_short(analyzer: Analyzer):
    assert len(analyzer.tokens("税" * 100_000).terms) < 200
    assert analyzer.tokens("开始" + "哈" * 1_000 + "发票").terms[-1] == "发票"
