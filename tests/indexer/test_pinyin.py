"""How characters sound, and how letters are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.pinyin import characters, in_use, readings, sounds_like, splits

LETTERS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=40)


@pytest.mark.parametrize(
    ("character", "told"),
    [("票", ("piao",)), ("行", ("xing", "hang")), ("重", ("zhong", "chong")), ("女", ("nv",)), ("略", ("lve",))],
)
def test_a_character_has_the_readings_it_has_in_words(character: str, told: tuple[str, ...]):
    assert readings(character)[: len(told)] == told


@pytest.mark.parametrize("nothing", ["a", "1", "", "龘", "ア", "\ud800", "税务"])
def test_what_is_no_character_in_use_has_no_reading(nothing: str):
    assert readings(nothing) == ()
    assert sounds_like(nothing) == ""


def test_the_characters_in_use_are_those_of_the_standard():
    assert len(in_use()) == len(set(in_use())) == 6_763
    assert all(readings(character) for character in "的一是税票局" + in_use()[:3_755])


@given(st.sampled_from(in_use()))
def test_sounding_alike_is_mutual_and_leaves_oneself_out(character: str):
    alike = sounds_like(character)
    assert character not in alike
    assert all(character in sounds_like(other) for other in alike[:5])
    assert all(set(readings(character)) & set(readings(other)) for other in alike)


@pytest.mark.parametrize(
    ("letters", "way"),
    [
        ("kaipiao", ("kai", "piao")),
        ("xian", ("xian",)),
        ("xian", ("xi", "an")),
        ("fangan", ("fang", "an")),
        ("dianzishuiwuju", ("dian", "zi", "shui", "wu", "ju")),
    ],
)
def test_letters_are_read_as_whole_syllables(letters: str, way: tuple[str, ...]):
    assert way in splits(letters, whole=True)


@pytest.mark.parametrize("letters", ["oracle", "dzswj", "zh", "v", ""])
def test_what_is_not_made_of_syllables_is_no_pinyin(letters: str):
    assert splits(letters, whole=True) == ()


@pytest.mark.parametrize(
    ("letters", "way"),
    [
        ("dzswj", tuple("dzswj")),
        ("dianzisw", ("dian", "zi", "s", "w")),
        ("kaipi", ("kai", "pi")),
        ("shuiw", ("shui", "w")),
    ],
)
def test_initials_and_beginnings_are_read_too(letters: str, way: tuple[str, ...]):
    assert way in splits(letters, whole=False)


@given(LETTERS, st.booleans())
def test_every_way_spells_the_letters_and_the_shortest_come_first(letters: str, whole: bool):
    ways = splits(letters, whole=whole, limit=5)
    assert len(ways) <= 5
    assert all("".join(way) == letters for way in ways)
    assert [len(way) for way in ways] == sorted(len(way) for way in ways)


def test_a_beginning_stands_for_all_its_syllables():
    assert {"书", "水", "税"} <= set(characters("shu"))
    assert "税" not in characters("shua")
    assert characters("iii") == ""
