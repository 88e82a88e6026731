"""Reads what a person typed into a tree of query values. It is total: every text means something, none is an error."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from indexer.analysis.analyzer import Analyzer, Question
from indexer.query import And, Code, Everything, Node, Not, Or, Phrase, Words

STEPS = {"all": 1.0, "most": 0.5, "any": 0.0}  # share of the informative words demanded, step by step
LONGEST = 200  # characters read as a query; a longer text is evidence, to be mined
CLAUSES = 64  # terms that reach an engine

_QUOTES = '"＂“”„‟「」『』«»'
# Operators stand by themselves between spaces: quotes and dashes inside a sentence are only its punctuation.
# A minus before a number is no exclusion but a code as screens show it, such as -1073.
_OPERATORS = re.compile(
    rf"(?<!\S)(?P<minus>[-－])?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]+)[{_QUOTES}](?!\S)"
    rf"|(?<=[-－])(?P<word>(?![0-9０-９\-－])[^\s{_QUOTES}]+))"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query read: ``question`` is what it asks about, ``phrases`` are demanded, ``excluded`` are refused.

    ``blank`` tells that nothing was typed, which asks for everything; punctuation alone asks for nothing.
    """

    question: Question
    phrases: tuple[Phrase, ...] = ()
    excluded: tuple[Node, ...] = ()
    blank: bool = False

    def tree(self, step: str) -> Node:
        """What is asked of an engine at this step of STEPS."""
        asked = [*self._wanted(step), *self.phrases, *map(Not, self.excluded)]
        return asked[0] if len(asked) == 1 else And(tuple(asked))

    def required(self, step: str) -> int:
        """How many of the informative words must occur."""
        return ceil(STEPS[step] * len(self.question.words))

    def _wanted(self, step: str) -> list[Node]:
        question = self.question
        if not question.terms:
            only_excludes = self.excluded and not self.phrases
            return [Everything()] if self.blank or only_excludes else [] if self.phrases else [Or(())]
        required = self.required(step)
        demanded = tuple(self._demanded(word) for word in question.words) if required else ()
        wanted = Words(question.searched, demanded, required)
        # Single characters are no terms of an engine, but units: as phrases they are found anywhere.
        characters = () if question.words else tuple(Phrase((one,)) for one in question.characters)
        others: tuple[Node, ...] = (*map(Code, question.codes), *characters)
        return [Or((wanted, *others))] if others else [wanted]

    def _demanded(self, word: str) -> Node:
        """A word, or what is said instead of it."""
        plain = Words((word,))
        places = [term for term in self.question.terms if term.text == word]
        forms = [form.units for form in self.question.forms if any(map(form.replaces, places))]
        return Or((plain, *map(Phrase, dict.fromkeys(forms)))) if forms else plain


def parse(text: str, analyzer: Analyzer) -> Parsed:
    """Read the first LONGEST characters of what was typed."""
    text = text[:LONGEST]
    phrases: list[Phrase] = []
    excluded: list[Node] = []
    for found in _OPERATORS.finditer(text):
        if found["minus"]:
            excluded += _excluded(found["phrase"] or found["word"], analyzer)
        else:
            phrases += _phrases(found["phrase"], analyzer)
    asked = _OPERATORS.sub(_without_operator, text)
    return Parsed(analyzer.question(asked), tuple(phrases), tuple(excluded), blank=not text.strip())


def _without_operator(found: re.Match[str]) -> str:
    return " " if found["minus"] else f" {found['phrase']} "


def _phrases(text: str, analyzer: Analyzer) -> list[Phrase]:
    units = analyzer.tokens(text).units
    return [Phrase(tuple(units))] if units else []


def _excluded(text: str, analyzer: Analyzer) -> Sequence[Node]:
    """A code is refused in any spelling; anything else where it stands letter by letter."""
    codes = analyzer.question(text).codes
    return [Code(codes[0])] if codes else _phrases(text, analyzer)
