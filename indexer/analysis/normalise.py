"""Brings spellings of the same text to one normal form, with or without the way back to the original offsets.

The normal form is: control, zero-width and surrogate characters out; CJK radicals as Han characters; NFKC; case
folded; traditional characters simplified. Folding and not lower-casing, because it does not depend on neighbours.
OpenCC's phrase conversion does depend on them, but ``t2s`` never changes the number of characters: both ways below
convert the whole text, and the offsets before conversion hold after it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

# Nothing a reader sees: control characters but white space, soft hyphen, zero-width and bidirectional marks,
# variation selectors, byte order mark, lone surrogates, tags.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)
# Where NFKC would take its slow way for nothing but full-width forms, which most Chinese texts contain.
_FULL_WIDTH = re.compile("[\u3000\uff01-\uff5e]")
_HALF_WIDTH = {"\u3000": " ", **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
# Radicals NFKC leaves alone; text taken out of PDF files is full of them. (Unicode: EquivalentUnifiedIdeograph.txt)
_RADICAL = re.compile("[\u2e80-\u2eff]")
_RADICALS = str.maketrans(
    "⺁⺇⺈⺌⺍⺎⺐⺒⺓⺗⺜⺝⺠⺧⺩⺫⺬⺮⺴⺶⺼⺽⻁⻃⻄⻅⻆⻉⻋⻏⻑⻒⻓⻔⻗⻘⻙⻚⻛⻜⻝⻞⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳",
    "厂几刀小小兀尢巳幺心日月民牛王目示竹四羊肉臼虎西西见角贝车邑长长长门雨青韦页风飞食食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
)
# Visible characters that become one character each, whatever stands beside them unless it is an odd one.
_PLAIN = r"[\x09-\x0d\x1c-\x7e\u2014\u2018-\u201d\u3000-\u3029\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e]"
# An odd character may combine with the one before it, so the two are normalised together.
_ODD = (
    r"[^\x00-\u02ff\u2000-\u20cf\u2100-\u2dff\u2e80-\u3029\u3030-\u3098\u309b-\u3130\u3190-\u9fff\uf900-\ufaff"
    r"\ufe30-\ufe6f\uff00-\uff9d\uffe0-\uffff\U0001d400-\U0001d7ff\U0001f000-\U0001ffff\U00020000-\U0003ffff]"
)
_PIECE = re.compile(rf"(?P<plain>{_PLAIN}+(?!{_ODD}))|.{_ODD}*", re.DOTALL)
_ALL_PLAIN = re.compile(f"{_PLAIN}*")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normal form with the half-open range ``starts[i]:ends[i]`` of the original behind each of its characters."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text behind the non-empty range ``start:end`` of the normal form."""
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> str:
    """The normal form alone: the fast way."""
    return _simplify(_fold(_visible(text)))


def normalise_with_offsets(text: str) -> Normalised:
    """The same normal form with its offsets: slower, for texts that are shown."""
    if _ALL_PLAIN.fullmatch(text):  # as most texts are: every character keeps its place
        return Normalised(_simplify(_fold(text)), range(len(text)), range(1, len(text) + 1))
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece, offsets, plain in _pieces(text):
        whole = _fold(piece)
        folded.append(whole)
        if plain:
            starts += offsets
            ends += [at + 1 for at in offsets]
        else:
            for length, start, end in _ranges(whole, piece, offsets):
                starts += [start] * length
                ends += [end] * length
    return Normalised(_simplify("".join(folded)), starts, ends)


def _visible(text: str) -> str:
    return _INVISIBLE.sub("", text)


def _pieces(text: str) -> Iterator[tuple[str, list[int], bool]]:
    """The visible text in pieces that normalise independently of each other, with the offset of each character and
    whether they all are plain.
    """
    if _INVISIBLE.search(text):
        kept = [at for at, character in enumerate(text) if not _INVISIBLE.match(character)]
    else:
        kept = list(range(len(text)))
    for found in _PIECE.finditer(_visible(text)):
        yield found.group(), kept[found.start() : found.end()], found["plain"] is not None


def _ranges(whole: str, piece: str, offsets: list[int]) -> list[tuple[int, int, int]]:
    """How many characters of the normal form ``whole`` stand for which range of the original."""
    parts = [_fold(character) for character in piece]
    if "".join(parts) != whole:
        return [(len(whole), offsets[0], offsets[-1] + 1)]
    return [(len(part), at, at + 1) for part, at in zip(parts, offsets, strict=True)]


def _fold(text: str) -> str:
    text = _FULL_WIDTH.sub(_half_width, text)
    if _RADICAL.search(text):
        text = text.translate(_RADICALS)
    return unicodedata.normalize("NFKC", text).casefold()


def _half_width(found: re.Match[str]) -> str:
    return _HALF_WIDTH[found.group()]


def _simplify(text: str) -> str:
    return text if text.isascii() else _converter().convert(text)


@cache
def _converter() -> _Converter:
    import opencc

    converter: _Converter = opencc.OpenCC("t2s")
    return converter
