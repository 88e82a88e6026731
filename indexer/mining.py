"""Chooses what of a text reaches an engine when it is too long to ask whole: its codes and its rarest words."""

import re
from dataclasses import replace
from itertools import chain, islice

from indexer.analysis.analyzer import CHARACTER, Analyzer, Question
from indexer.engine import SearchEngine
from indexer.parser import CLAUSES, LONGEST, Parsed
from indexer.query import Query, Words

READ = 4_000  # characters read at each end of a long text; between them only codes
_CODES = 300  # distinct codes looked at
_ALIKE = 20  # of them with the same letters
_FAMILIES = 10_000  # different letters, after which a text is taken for data
_ASKED = 1_000  # terms an engine is asked the frequency of
# The codes of errors and forms, in half or full width. What starts with a digit is mostly a time or an amount.
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?:0x[0-9A-Fa-f]{2,16}|(?P<letters>[A-Za-zＡ-Ｚ]{1,12})[-－]?[0-9０-９]{3,12})(?![A-Za-z0-9])"
)


def mine(text: str, analyzer: Analyzer) -> Question:
    """What a text of any length, up to many megabytes, asks about: words and codes; bigrams of a short one too."""
    if len(text) <= LONGEST:
        return analyzer.question(text)
    codes = analyzer.question(_codes(text[READ:-READ]))
    ends = analyzer.question(text if len(text) <= 2 * READ else f"{text[:READ]}\n{text[-READ:]}")
    words = tuple(dict.fromkeys((*codes.words, *ends.words)))
    found = tuple(dict.fromkeys((*codes.codes, *ends.codes)))
    named = {*words, *found}
    terms = {(term.channel, term.text): term for term in (*ends.terms, *codes.terms) if term.text in named}
    return Question(tuple(term for term in terms.values() if term.channel != CHARACTER), words, found)


def bounded(parsed: Parsed, engine: SearchEngine, clauses: int = CLAUSES) -> Parsed:
    """The same query with at most ``clauses`` terms: words and codes before bigrams, of each the rarest that occur."""
    question = parsed.question
    if len(question.searched) <= clauses:
        return parsed
    named = {*question.words, *question.codes}
    asked = tuple(sorted(question.searched, key=lambda term: term not in named)[:_ASKED])
    frequency = engine.search(Query(Words(asked), limit=0)).statistics.frequency
    known = [term for term in asked if frequency.get(term, 0)]
    kept = frozenset(sorted(known, key=lambda term: (term not in named, frequency[term]))[:clauses])
    return replace(parsed, question=_only(question, kept))


def _only(question: Question, kept: frozenset[str]) -> Question:
    return replace(
        question,
        terms=tuple(term for term in question.terms if term.channel == CHARACTER or term.text in kept),
        words=tuple(word for word in question.words if word in kept),
        codes=tuple(code for code in question.codes if code in kept),
        forms=tuple(
            form
            for form in question.forms
            if all(term.text in kept for term in form.terms if term.channel != CHARACTER)
        ),
    )


def _codes(text: str) -> str:
    """The codes of a text, those first whose letters have few numbers: many with the same letters merely count."""
    families: dict[str, dict[str, None]] = {}
    for found in _CODE.finditer(text):
        family = families.setdefault(found["letters"] or "0x", {})
        if len(family) < _ALIKE:
            family[found.group()] = None
        if len(families) > _FAMILIES:
            break
    fewest_first: list[dict[str, None]] = sorted(families.values(), key=len)
    return " , ".join(islice(chain.from_iterable(fewest_first), _CODES))
