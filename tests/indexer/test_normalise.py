"""The normal form and the way back to the original text."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.normalise import normalise, normalise_with_offsets

ODD = (
    "㎏½ﬁ①Ⅳ㍿ｶﾞがe\u0301\u0300한각ᄀ\u1161\u11a8𠮷😀👨‍👩‍👧🇨🇳"
    "\u200b\ufeff\ud800\x00ＡＢ，　⼾⻓發票乾隆頭髮İßΣς﷽\u0b47\u0b3e"
)
PLAIN = "發票头髮，。（）“”— Aa1-\t\n\x1f～"
TEXTS = st.one_of(
    st.text(st.characters(codec=None)), st.text(st.sampled_from(ODD)), st.text(st.sampled_from(PLAIN + ODD[:1]))
)


@given(TEXTS)
def test_both_ways_give_the_same_text(text: str):
    assert normalise_with_offsets(text).text == normalise(text)


@given(TEXTS)
def test_offsets_are_ordered_and_within_the_text(text: str):
    normal = normalise_with_offsets(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert list(normal.starts) == sorted(normal.starts)
    assert list(normal.ends) == sorted(normal.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(normal.starts, normal.ends, strict=True))


@given(TEXTS)
def test_the_normal_form_can_be_stored_anywhere(text: str):
    assert not any(0xD800 <= ord(character) < 0xE000 for character in normalise(text))
    normalise(text).encode()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ＯＲＡ－００９４２", "ora-00942"),
        ("電子稅務局", "电子税务局"),
        ("乾隆與乾燥的頭髮", "乾隆与干燥的头发"),
        ("⼾籍⻓⻔⻋", "户籍长门车"),
        ("发\u200b票\ufeff开\u00ad具", "发票开具"),
        ("坏\ud800字\x00符", "坏字符"),
        ("100㎏", "100kg"),
        ("第一行\n第二行", "第一行\n第二行"),
    ],
)
def test_spellings_of_the_same_text_become_one(written: str, normal: str):
    assert normalise(written) == normal


@pytest.mark.parametrize(
    ("written", "found", "original"),
    [
        ("重100㎏整", "kg", "㎏"),
        ("½杯", "1⁄2", "½"),
        ("cafe\u0301厅", "é", "e\u0301"),
        ("前👨‍👩‍👧發票後", "发票", "發票"),
        ("發\u200b票", "发票", "發\u200b票"),
        ("ﬁle", "file", "ﬁle"),
        ("привет", "вет", "вет"),
    ],
)
def test_a_highlight_lands_on_the_original(written: str, found: str, original: str):
    normal = normalise_with_offsets(written)
    at = normal.text.index(found)
    start, end = normal.original(at, at + len(found))
    assert written[start:end] == original


def test_simplifying_never_changes_the_number_of_characters():
    everything = [chr(code) for code in range(0x80, sys.maxunicode) if not 0xD800 <= code < 0xE000]
    han = [character for character in everything if normalise(character) and "\u3400" <= character <= "\U0003ffff"]
    text = "".join(han)
    assert len(normalise_with_offsets(text).text) == len(normalise_with_offsets(text).starts)
