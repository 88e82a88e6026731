"""How Han characters sound, without tones: readings, characters that sound alike, typed Latin as syllables."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

# Toneless, with v for ü as people type it.
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüḿńňǹ", "aaaaeeeeiiiioooouuuuvvvvvmnnn")
_WORD_OR_READING = re.compile(r'"(?P<word>[^"]+)":|"(?P<reading>[^"]+)"')  # one reading for each character of a word
_LONGEST = 6  # letters of a syllable
_SIGHS = {"ê", "ế", "ề", "m", "n", "ng", "hm", "hng"}


def readings(character: str) -> tuple[str, ...]:
    """The toneless readings of a character in use, the usual one first; none for any other."""
    return _readings().get(character, ())


@lru_cache(maxsize=8_192)
def sounds_like(character: str) -> str:
    """The simplified characters in use (GB 2312) that share a reading with this one, itself left out."""
    alike = _by_reading()
    found = dict.fromkeys(one for reading in readings(character) for one in alike.get(reading, ""))
    found.pop(character, None)
    return "".join(found)


def characters(beginning: str) -> str:
    """The characters in use with a reading that begins so."""
    return "".join(found for reading, found in _by_reading().items() if reading.startswith(beginning))


def splits(letters: str, *, whole: bool, limit: int = 8) -> tuple[tuple[str, ...], ...]:
    """Ways to read typed letters as syllables, those of the fewest first; none where they are no pinyin.

    Unless ``whole``, one letter or zh, ch, sh may stand for a syllable, and the last piece be any beginning of one.
    ``xian`` is one syllable or two, ``dianzisw`` three or more pieces.
    """
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(letters) + 1):
        allowed = _syllables() if whole else _beginnings() if end == len(letters) else _parts()
        found = [
            (*way, letters[start:end])
            for start in range(max(0, end - _LONGEST), end)
            if letters[start:end] in allowed
            for way in ways[start]
        ]
        ways.append(sorted(found, key=len)[:limit])
    return tuple(ways[-1]) if letters else ()


@cache
def in_use() -> str:
    """The 6,763 characters of GB 2312, the commoner half first: what simplified texts are written in."""
    rows = bytes(byte for row in range(0xB0, 0xF8) for column in range(0xA1, 0xFF) for byte in (row, column))
    return rows.decode("gb2312", errors="ignore")


@cache
def _by_reading() -> Mapping[str, str]:
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for character in in_use():
        for reading in readings(character):
            alike[reading].append(character)
    return {reading: "".join(found) for reading, found in alike.items()}


@cache
def _syllables() -> frozenset[str]:
    return frozenset(_by_reading())


@cache
def _parts() -> frozenset[str]:
    return _syllables() | {reading[0] for reading in _syllables()} | {"zh", "ch", "sh"}


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(reading[:end] for reading in _syllables() for end in range(1, len(reading) + 1))


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    """Of each character in use, its first reading and those it has in a word: the others are of old texts."""
    table: dict[str, str] = json.loads(_table("pinyin_dict.json"))
    told = {character: table[str(ord(character))].split(",") for character in in_use()}
    several = frozenset(character for character, sounds in told.items() if len(sounds) > 1)
    used = _used(several)
    return {
        character: _toneless([sounds[0], *(one for one in sounds[1:] if (character, one) in used)])
        for character, sounds in told.items()
    }


def _used(several: frozenset[str]) -> set[tuple[str, str]]:
    """Pairs of such a character and a reading it has in a word."""
    used: set[tuple[str, str]] = set()
    word: Iterator[str] = iter("")
    for found in _WORD_OR_READING.finditer(_table("phrases_dict.json")):
        if found["word"]:
            word = iter(found["word"])
        elif (character := next(word, "")) in several:
            used.add((character, found["reading"]))
    return used


def _table(name: str) -> str:
    """A table of pypinyin, the JSON of its file: imported, the library keeps 60 MB of tables in memory."""
    package = find_spec("pypinyin")
    if package is None or not package.submodule_search_locations:
        raise ImportError("pypinyin")
    return Path(package.submodule_search_locations[0], name).read_text("utf-8")


def _toneless(sounds: list[str]) -> tuple[str, ...]:
    spoken = dict.fromkeys(one.translate(_TONES) for one in sounds)
    return tuple(one for one in spoken if one not in _SIGHS)
