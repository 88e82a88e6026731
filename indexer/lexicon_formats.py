"""Reads and writes a lexicon as people exchange it, one entry a line; what the analyzer has no use for is refused.

Words are a user dictionary of jieba (``word [frequency] [tag]``), synonyms the format of Solr and Elasticsearch
(``a, b, c`` two-way; ``a, b => c`` one-way; a backslash before a comma, an arrow or itself), stop words one a line.
Empty lines and lines that begin with ``#`` say nothing. A frequency is read and dropped: words of one weight are cut
alike by every segmenter.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from indexer.analysis.codes import HAN, SCANNER
from indexer.analysis.normalise import normalise
from indexer.lexicon import Lexicon, Synonyms

LONGEST_WORD = 30  # characters; a longer one is a sentence
LONGEST_TERM = 60
LARGEST_SET = 50
LONGEST_LINE = 5_000

_LINE_END = re.compile("\r\n|\r|\n")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufffd]")
_JIEBA = re.compile(r"(?P<word>.+?)(?:[ \t]+[0-9]+)?(?:[ \t]+[A-Za-z]{1,5})?")
_HAN_WORD = re.compile(f"[{HAN}]+")
# Commas and arrows also as an input method for Chinese leaves them.
_SOLR = re.compile(r"\\(?P<plain>.)|(?P<arrow>[=＝][>＞》]|→)|(?P<comma>[,，、])|(?P<text>[^\\,，、=＝→]+|.)")
_TO_ESCAPE = re.compile(r"[\\,，、→]|[=＝](?=[>＞》])|^#")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file. ``text`` is the entry in its one written form, ``key`` equal for entries that say the same.

    Both are "" where ``problem`` says, in a sentence, why the line is not taken.
    """

    number: int
    told: str
    text: str = ""
    key: str = ""
    problem: str = ""


class _Refused(ValueError):
    """The sentence why a line is not taken."""


def read(kind: str, file: str) -> Iterator[Line]:
    """The lines of a file that say something, numbered from 1, bad ones included. ``kind`` is a key of READERS."""
    lines = _LINE_END.split(file.removeprefix("\ufeff"))
    for number, told in enumerate(map(str.strip, lines), 1):
        if told and not told.startswith("#"):
            yield read_line(kind, told, number)


def read_line(kind: str, told: str, number: int = 1) -> Line:
    """One entry as somebody writes it."""
    try:
        if len(told) > LONGEST_LINE:
            raise _Refused(f"这一行超过 {LONGEST_LINE} 个字符，没有读。请拆成几行。")
        if _INVISIBLE.search(told):
            raise _Refused("里面有看不见的控制字符或无法识别的字符，请重新输入这一行。")
        text, sense = READERS[kind](" ".join(told.split()))
    except _Refused as refusal:
        return Line(number, told, problem=str(refusal))
    return Line(number, told, text, hashlib.sha256(f"{kind}\n{sense}".encode()).hexdigest())


def lexicon(entries: Iterable[tuple[str, str]]) -> Lexicon:
    """The lexicon of entries given by kind and text, as ``read_line`` wrote it."""
    found: dict[str, list[str]] = {kind: [] for kind in READERS}
    for kind, text in entries:
        found[kind].append(text)
    sets = tuple(map(synonyms, found["synonyms"]))
    return Lexicon(tuple(found["word"]), tuple(found["stop_word"]), sets)


def synonyms(text: str) -> Synonyms:
    """The set a line says. Raises ValueError where it says none."""
    typed, arrow, meant = _sides(text)
    return Synonyms(typed, meant if arrow else typed)


def write(one: Synonyms) -> str:
    """The line that says this set."""
    typed, meant = (", ".join(map(_escaped, side)) for side in (one.typed, one.meant))
    return typed if one.typed == one.meant else f"{typed} => {meant}"


def loops(sets: Iterable[Synonyms]) -> Iterator[tuple[Synonyms, Synonyms]]:
    """One-way sets with an earlier one that leads back from what they mean to what they start from.

    Such a pair does no harm, because a question is widened once; together it says what a two-way set says.
    """
    known: dict[tuple[str, str], Synonyms] = {}
    for one in sets:
        if one.typed != one.meant:
            pairs = list(product(_senses(one.typed), _senses(one.meant)))
            back = next((known[meant, typed] for typed, meant in pairs if (meant, typed) in known), None)
            if back:
                yield one, back
            known |= dict.fromkeys(pairs, one)


def _word(told: str) -> tuple[str, str]:
    found = _JIEBA.fullmatch(told)
    word = found["word"] if found else told
    sense = normalise(word)
    _demand_meaning(sense, word)
    if not _HAN_WORD.fullmatch(sense):
        raise _Refused(f"“{_short(word)}”不全是汉字：字母、数字和代码本来就按整词检索，不必收；别的叫法请收作同义词。")
    if len(sense) == 1:
        raise _Refused(f"“{word}”只有一个字：单个字本来就能检索到，词至少要两个字。")
    if len(sense) > LONGEST_WORD:
        raise _Refused(f"“{_short(word)}”超过 {LONGEST_WORD} 个字，不像一个词：请拆成几个词。")
    return word, sense


def _stop_word(told: str) -> tuple[str, str]:
    sense = normalise(told)
    _demand_meaning(sense, told)
    found = SCANNER.fullmatch(sense)
    if not found or len(sense) > LONGEST_WORD:
        raise _Refused(f"“{_short(told)}”不是一个词：停用词一行一个，中间没有空格和标点，最多 {LONGEST_WORD} 个字。")
    return told, sense


def _synonyms(told: str) -> tuple[str, str]:
    typed, arrow, meant = _sides(told)
    typed = _distinct(typed)
    meant = _without(_distinct(meant), typed) if arrow else typed
    _demand_set(typed, arrow, meant)
    for term in (*typed, *meant):
        _demand_term(term)
    sense = "\n".join((*sorted(map(normalise, typed)), arrow, *sorted(map(normalise, meant))))
    return write(Synonyms(typed, meant)), sense


READERS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "word": _word,
    "synonyms": _synonyms,
    "stop_word": _stop_word,
}
"""By kind of entry: from a line as told to its written form and what it says."""


def _demand_set(typed: Sequence[str], arrow: str, meant: Sequence[str]) -> None:
    if not typed or not meant:
        side = "左边" if meant else "右边"
        raise _Refused(f"箭头{side}是空的，或两边是同一个词。" if arrow else "没有词。")
    if not arrow and len(typed) == 1:
        raise _Refused(f"只有“{_short(typed[0])}”一个词：同义词至少要两个，用逗号分开。")
    if len(typed) + len(meant) * bool(arrow) > LARGEST_SET:
        raise _Refused(f"超过 {LARGEST_SET} 个词：请只留意思相同的，分成几条。")


def _demand_term(term: str) -> None:
    sense = normalise(term)
    _demand_meaning(sense, term)
    if len(sense) == 1:
        raise _Refused(f"“{term}”只有一个字：太多文字里都有它，同义词至少要两个字。")
    if len(sense) > LONGEST_TERM:
        raise _Refused(f"“{_short(term)}”超过 {LONGEST_TERM} 个字，不像一个词。")


def _demand_meaning(sense: str, told: str) -> None:
    if not SCANNER.search(sense):
        raise _Refused(f"“{_short(told)}”里没有文字：标点和符号不参加检索，不必收。")


def _sides(told: str) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """What stands left and right of the arrow, "" where there is none. Raises ValueError for a second one."""
    sides: list[list[str]] = [[""]]
    for found in _SOLR.finditer(told):
        if found.lastgroup == "arrow":
            sides.append([""])
        elif found.lastgroup == "comma":
            sides[-1].append("")
        else:
            sides[-1][-1] += found["plain"] or found["text"]
    if len(sides) > 2:
        raise _Refused("一行里只能有一个箭头“=>”。")
    typed, *meant = (tuple(filter(None, map(str.strip, side))) for side in sides)
    return typed, "=>" if meant else "", meant[0] if meant else ()


def _distinct(terms: Iterable[str]) -> tuple[str, ...]:
    """Each term once, however it is spelt."""
    return tuple({normalise(term): term for term in reversed(tuple(terms))}.values())[::-1]


def _without(terms: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Who asks with a term finds it anyway: what stands on both sides says nothing on the right."""
    known = _senses(others)
    return tuple(term for term in terms if normalise(term) not in known)


def _senses(terms: Iterable[str]) -> frozenset[str]:
    return frozenset(map(normalise, terms))


def _escaped(term: str) -> str:
    return _TO_ESCAPE.sub(lambda found: "\\" + found[0], term)


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"
