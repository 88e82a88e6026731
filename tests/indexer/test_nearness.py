"""What two texts share: exactly the same letters on the original texts, however they are spelt and spaced."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.nearness import LONGEST, SHINGLE, Shared, letters, shared

SENTENCE = "请打开证书工具更新数字证书"


def both(first: str, second: str) -> Shared:
    return shared(letters(first), second)


def passages(first: str, second: str) -> list[tuple[str, str]]:
    return [
        (first[one.start : one.end], second[one.other_start : one.other_end]) for one in both(first, second).passages
    ]


def test_a_passage_is_marked_in_both_texts() -> None:
    assert passages(f"登录报错。{SENTENCE}。", f"办法：{SENTENCE}后重启") == [(SENTENCE, SENTENCE)]


@pytest.mark.parametrize(
    "other",
    [
        "请打开證書工具，更新數字證書",
        "请 打 开 证 书 工 具 更 新 数 字 证 书",
        "请打开【证书工具】\n更新：数字证书！",
        "请打开证书工具\u200b更新数字证书",
    ],
)
def test_spelling_spaces_and_punctuation_make_no_difference(other: str) -> None:
    assert passages(SENTENCE, other) == [(SENTENCE, other.rstrip("！"))]
    assert both(SENTENCE, other).share == 1


def test_full_width_and_case_are_one_spelling() -> None:
    assert passages("ＯＲＡＣＬＥ９４２ 错误", "oracle942错误") == [("ＯＲＡＣＬＥ９４２ 错误", "oracle942错误")]


def test_idioms_are_not_shared_passages() -> None:
    assert both("请重新登录系统", "请重新登录网站").passages == ()


def test_what_stands_once_may_be_repeated() -> None:
    told = both(f"{SENTENCE}。{SENTENCE}。", SENTENCE)
    assert (told.share, told.other_share, len(told.passages)) == (1, 1, 2)


def test_a_long_text_is_compared_to_a_limit() -> None:
    told = both("甲" * 1_000_000, "甲" * LONGEST)
    assert [(one.start, one.end) for one in told.passages] == [(0, LONGEST)]
    assert both("", "").share == 0


texts = st.text(st.sampled_from("甲乙丙ab1 。，\u200b\ud800龍龙"), max_size=60)


@given(texts, texts, texts)
def test_passages_say_the_same_and_do_not_overlap(before: str, common: str, after: str) -> None:
    first, second = before + common, common + after
    told = both(first, second)
    end = 0
    for one in told.passages:
        mine, theirs = first[one.start : one.end], second[one.other_start : one.other_end]
        assert letters(mine).text == letters(theirs).text
        assert len(letters(mine).text) >= SHINGLE
        assert one.start >= end
        end = one.end
    assert 0 <= told.share <= 1
    assert 0 <= told.other_share <= 1
    assert told.passages or len(letters(common).text) < SHINGLE


@given(st.text(st.sampled_from(string.printable + "证书过期"), max_size=200))
def test_a_text_shares_all_with_itself(text: str) -> None:
    told = both(text, text)
    assert told.share == told.other_share == (1 if len(letters(text).text) >= SHINGLE else 0)
