"""Completion from memory: any way of typing, beginnings first, and nothing that may not be read."""

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.suggest import LONGEST, Entry, Permitted, Suggestions, Vocabulary, dictionary, written

ALL = frozenset({"all"})
TITLES = (
    "电子税务局登录白屏",
    "登录电子税务局收不到验证码",
    "开票软件证书过期",
    "重庆市电子税务局",
    "ORA-00942 表或视图不存在",
    "Oracle 监听启动失败",
    "增值税发票管理系统",
)


def made(titles: Sequence[str], readers: frozenset[str] = ALL) -> Suggestions:
    texts = Suggestions()
    texts.put(Entry(at, "title", title, readers) for at, title in enumerate(titles, 1))
    return texts


def found(texts: Suggestions, typed: str, tokens: frozenset[str] = ALL, limit: int = 10) -> list[int]:
    return [match.document for match in texts.permitted(tokens).matches(typed, limit)]


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "电子税务",
            "電子稅務",
            "dianzishuiwu",
            "dian zi shui wu",
            "dianzishu",
            "dzswj",
            "DZSWJ",
            "dzsw局",
            "电子swj",
        ),
        *("dianzisw", "dzshuiwu", "dz税务局", "电子 税务"),
    ],
)
def test_a_title_is_found_however_its_beginning_is_typed(typed: str):
    told = found(made(TITLES), typed)
    assert told[0] == 1, "the one that begins with it comes first"
    assert {2, 4} <= set(told), "then those that have it inside"


@pytest.mark.parametrize("typed", ["chongqing", "cqs", "重庆", "chongq", "重qing"])
def test_a_character_of_several_readings_is_found_by_each(typed: str):
    assert found(made(TITLES), typed) == [4]


@pytest.mark.parametrize("typed", ["ora-00942", "ORA00942", "ora 942", "ora-00", "ora-0", "ora-009", "ＯＲＡ－００９"])
def test_a_code_is_found_in_any_spelling_while_it_is_typed(typed: str):
    assert 5 in found(made(TITLES), typed)


def test_a_latin_name_is_found_by_its_letters():
    assert found(made(TITLES), "orac") == [6]


@pytest.mark.parametrize(
    "typed", ["", " ", "，。", "\ud800", "\x00", "qqqq", "电子税务局登录白屏了", "%", "_", "a" * 10_000]
)
def test_what_matches_nothing_suggests_nothing(typed: str):
    assert found(made(TITLES), typed) == []


def test_one_character_completes_beginnings_only():
    assert found(made(["税务", "电子税务"]), "税") == found(made(["税务", "电子税务"]), "s") == [1]


def test_shorter_and_newer_texts_come_first():
    assert found(made(["开票软件说明长", "开票软件", "开票机器"]), "kai") == [3, 2, 1]


def test_a_document_and_a_text_are_suggested_once():
    texts = Suggestions()
    texts.put(Entry(document, kind, "开票软件", ALL) for document in (1, 2) for kind in ("title", "asked"))
    assert len(found(texts, "kp")) == len(set(found(texts, "kp"))) <= 2


@given(
    st.lists(st.tuples(st.text("税务局票开软", min_size=1, max_size=4), st.sets(st.sampled_from("abc"))), max_size=20)
)
@settings(max_examples=60)
def test_nobody_is_suggested_what_he_may_not_read(texts: list[tuple[str, set[str]]]):
    kept = Suggestions()
    kept.put(Entry(at, "title", text, frozenset(readers)) for at, (text, readers) in enumerate(texts))
    for token in "abcd":
        view = kept.permitted(frozenset({token}))
        open_to = {at for at, (_, readers) in enumerate(texts) if token in readers}
        alone = made_of(Entry(at, "title", texts[at][0], ALL) for at in sorted(open_to))
        for typed in ("税", "s", "shui", "swj", "开票", "kpr"):
            assert {match.document for match in view.matches(typed, 50)} <= open_to
            assert [m.text for m in view.matches(typed, 5)] == [m.text for m in alone.matches(typed, 5)]
        assert view.spelled(("kai", "piao")) == alone.spelled(("kai", "piao"))
        assert view.between("税", "局") == alone.between("税", "局")


def made_of(entries: Iterable[Entry]) -> Permitted:
    texts = Suggestions()
    texts.put(entries)
    return texts.permitted(ALL)


def test_changes_replace_what_a_document_said_whether_merged_or_not():
    texts, dice, now = made(TITLES), random.Random(1), dict(enumerate(TITLES, 1))
    for _ in range(40):
        document = dice.choice(list(now))
        if dice.random() < 0.2 and len(now) > 2:
            del now[document]
            texts.put((), [document])
        else:
            now[document] = "".join(dice.sample("税务局开票软件登录", 4))
            texts.put([Entry(document, "title", now[document], ALL)], [document])
        assert len(texts) == len(now)
        for typed in ("税务", "kp", "登录"):
            assert set(found(texts, typed, limit=50)) == set(found(rebuilt(now), typed, limit=50))


def rebuilt(titles: dict[int, str]) -> Suggestions:
    texts = Suggestions()
    texts.put(Entry(document, "title", title, ALL) for document, title in titles.items())
    return texts


@given(st.text(st.characters(), max_size=80), st.text(st.characters(), max_size=30))
@settings(max_examples=200)
def test_no_text_and_no_typing_raises(text: str, typed: str):
    view = made([text, *TITLES]).permitted(ALL)
    view.matches(typed, 5)
    view.near(typed)


@given(st.sampled_from(TITLES), st.integers(1, 8))
def test_every_beginning_of_a_title_completes_it(title: str, length: int):
    assert TITLES.index(title) + 1 in found(made(TITLES), title[:length])


def test_characters_beyond_the_basic_plane_are_texts_like_others():
    assert found(made(["𠮷野家收据"]), "𠮷野") == [1]


def test_a_long_text_is_known_by_its_beginning():
    assert found(made(["票" * 10 * LONGEST]), "票票") == [1]


def test_memory_is_a_few_bytes_a_character():
    titles = ["".join(random.Random(n).choices("税务局开票软件登录证书过期", k=20)) for n in range(2_000)]
    assert made(titles).size < 40 * 2_000 * 20


def test_words_come_from_what_may_be_read_and_from_the_dictionaries():
    words = Vocabulary(lambda: made(TITLES).permitted(ALL), lambda: dictionary(("龘靐软件",)))
    assert words.spelled(("kai", "piao", "ruan", "jian")) == ["开票软件"]
    assert words.between("电", "税") == ["子"]
    assert words.near("oracel") == ["oracle"]
    assert "龘靐软件" in {match.text for match in dictionary(("龘靐软件",)).matches("龘靐", 3)}


@pytest.mark.parametrize(
    ("text", "told"),
    [("ORA-00942 表！", "ora942表"), ("ＫＢ０００１２３", "kb123"), ("v08.02-1", "v821"), ("電子 稅務", "电子税务")],
)
def test_texts_are_compared_without_separators_and_zeros(text: str, told: str):
    assert written(text) == told
