"""Lexicon files: read as other programs write them, bad lines named, written so that they read the same again."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import lexicon_formats as formats
from indexer.lexicon import Lexicon, Synonyms
from indexer.lexicon_formats import Line

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
SIGNS = st.sampled_from(list("ab9 ,，、\\=>＝＞》→#-_."))
TERMS = st.text(HAN | SIGNS, min_size=2, max_size=20).map(lambda text: f"税务{text}"[:40].strip())


def problem(kind: str, told: str) -> str:
    return formats.read_line(kind, told).problem


@pytest.mark.parametrize(
    "told", ["电子税务局", "电子税务局 5", "电子税务局 5 n", "电子税务局 nz", "  电子税务局\t12\tns "]
)
def test_a_user_dictionary_of_jieba_is_read_without_its_frequencies(told: str) -> None:
    assert formats.read_line("word", told).text == "电子税务局"


@pytest.mark.parametrize(
    ("told", "typed", "meant"),
    [
        ("网税, 电子税务局", ("网税", "电子税务局"), ("网税", "电子税务局")),
        ("网税 => 电子税务局, 网上税务局", ("网税",), ("电子税务局", "网上税务局")),
        ("网税，电税、电子税务局", ("网税", "电税", "电子税务局"), ("网税", "电税", "电子税务局")),
        ("网税 =》 电子税务局", ("网税",), ("电子税务局",)),
        (r"甲\,乙, 丙\=>丁", ("甲,乙", "丙=>丁"), ("甲,乙", "丙=>丁")),
        ("网税 => 网税, 电子税务局", ("网税",), ("电子税务局",)),
        ("网税, 網稅, 电税", ("网税", "电税"), ("网税", "电税")),
    ],
)
def test_synonyms_are_read_as_solr_writes_them(told: str, typed: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert formats.synonyms(formats.read_line("synonyms", told).text) == Synonyms(typed, meant)


@pytest.mark.parametrize(
    ("kind", "told", "said"),
    [
        ("word", "税", "只有一个字"),
        ("word", "，。！", "没有文字"),
        ("word", "ORA-00942", "不全是汉字"),
        ("word", "K8S集群", "不全是汉字"),
        ("word", "税" * 31, "超过 30 个字"),
        ("word", "税\x00务", "控制字符"),
        ("word", "税\u202e务", "控制字符"),
        ("word", "税\ud800务", "控制字符"),
        ("word", "税" * 5_001, "超过 5000 个字符"),
        ("stop_word", "……", "没有文字"),
        ("stop_word", "怎么 办", "不是一个词"),
        ("synonyms", ",,", "没有词"),
        ("synonyms", "网税", "只有“网税”一个词"),
        ("synonyms", "网税, 網稅", "只有“网税”一个词"),
        ("synonyms", "=> 网税", "箭头左边是空的"),
        ("synonyms", "网税 =>", "箭头右边是空的"),
        ("synonyms", "网税 => 网税", "箭头右边是空的"),
        ("synonyms", "网税 => 电税 => 电子税务局", "只能有一个箭头"),
        ("synonyms", "税, 税款", "只有一个字"),
        ("synonyms", "税款, ——", "没有文字"),
        ("synonyms", "税款, " + "税" * 61, "超过 60 个字"),
        ("synonyms", ", ".join(f"税款{n}" for n in range(51)), "超过 50 个词"),
    ],
)
def test_what_the_analyzer_has_no_use_for_is_refused_with_a_sentence(kind: str, told: str, said: str) -> None:
    line = formats.read_line(kind, told)
    assert said in line.problem
    assert line.problem.endswith("。")
    assert (line.text, line.key) == ("", "")


def test_bad_lines_are_named_by_number_and_the_good_ones_kept() -> None:
    file = "\ufeff# 词典\r\n\r\n电子税务局 3 n\r税\n\n开票软件\n，\n"
    told = [(line.number, line.text, bool(line.problem)) for line in formats.read("word", file)]
    assert told == [(3, "电子税务局", False), (4, "", True), (6, "开票软件", False), (7, "", True)]


def test_entries_that_say_the_same_have_the_same_key() -> None:
    keys = {
        (kind, formats.read_line(kind, told).key)
        for kind, told in [
            ("synonyms", "网税, 电子税务局"),
            ("synonyms", "電子稅務局，网税"),
            ("synonyms", "网税 => 电子税务局"),
            ("synonyms", "电子税务局 => 网税"),
            ("word", "电子税务局"),
            ("word", "電子稅務局 9 n"),
            ("stop_word", "电子税务局"),
        ]
    }
    assert len(keys) == 5


def test_a_pair_of_sets_that_lead_back_to_each_other_is_told() -> None:
    told = ("网税, 电税", "网税 => 电税", "网税 => 电子税务局", "電稅 => 个税, 网税")
    both, forth, on, back = map(formats.synonyms, told)
    assert list(formats.loops([both, forth, on, back])) == [(back, forth)]
    assert list(formats.loops([both, both, forth, forth])) == []


@given(st.lists(TERMS, min_size=2, max_size=5), st.lists(TERMS, max_size=4))
def test_what_is_written_reads_the_same_again(typed: list[str], meant: list[str]) -> None:
    told = formats.write(Synonyms(tuple(typed), tuple(meant or typed)))
    line = formats.read_line("synonyms", told)
    if line.problem:
        return
    assert list(formats.read("synonyms", line.text)) == [Line(1, line.text, line.text, line.key)]
    assert formats.write(formats.synonyms(line.text)) == line.text


@given(st.sets(st.text(HAN, min_size=2, max_size=8)), st.lists(st.lists(TERMS, min_size=2, max_size=4), max_size=4))
def test_a_whole_lexicon_survives_export_and_import(words: set[str], sets: list[list[str]]) -> None:
    lines = [formats.read_line("synonyms", formats.write(Synonyms(tuple(one), tuple(one)))) for one in sets]
    entries = [("word", word) for word in words] + [("synonyms", line.text) for line in lines if line.text]
    files = {kind: "\n".join(text for of, text in entries if of == kind) for kind in formats.READERS}
    again = [(kind, line.text) for kind, file in files.items() for line in formats.read(kind, file)]
    assert formats.lexicon(again) == formats.lexicon(entries)
    assert formats.lexicon([]) == Lexicon()


@given(st.sampled_from(list(formats.READERS)), st.text(st.characters(), max_size=60))
def test_no_text_raises_and_every_line_is_taken_or_refused(kind: str, file: str) -> None:
    for line in formats.read(kind, file):
        assert bool(line.text) != bool(line.problem)


@pytest.mark.parametrize("kind", list(formats.READERS))
@pytest.mark.parametrize("file", ["a" + " " * 4_900 + "!", "\\" * 4_999, "=," * 2_400, "," * 400_000, "\n" * 400_000])
def test_no_file_takes_long(kind: str, file: str) -> None:
    begun = time.process_time()
    assert all(len(line.text) <= formats.LONGEST_LINE for line in formats.read(kind, file))
    assert time.process_time() - begun < 5
