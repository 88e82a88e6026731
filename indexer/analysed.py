"""A document taken apart by the analyzer, in the shape every engine stores."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.analysis.analyzer import Analyzer, Tokens
from indexer.analysis.terms import BREAK, term_ids
from indexer.engine import Document
from indexer.results import TermIds
from indexer.schema import Schema

LONGEST = 1_000  # bytes of an id or keyword in UTF-8
LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Analysed:
    """``terms`` and ``units`` run over all text fields in the schema's order.

    ``tokens`` has the ids of the units of every text field; ``length`` is how many they are.
    """

    document: Document
    terms: list[str]
    units: list[str]
    tokens: Mapping[str, TermIds]
    length: int


class Preparation:
    """Analyses the documents of one schema."""

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._tokens = analyzer.tokens
        self._texts = schema.texts
        self._names = frozenset(field.name for field in schema.texts)
        self._keywords = frozenset(field.name for field in schema.keywords)
        self._numbers = frozenset(field.name for field in schema.numbers)

    def analysed(self, document: Document) -> Analysed:
        """Analyse each text field once. Raises ValueError for what no index can hold, and what the analyzer raises."""
        self._refuse_unknown(document)
        _refuse_unstorable(document)
        terms: list[str] = []
        units: list[str] = []
        tokens: dict[str, TermIds] = {}
        for field in self._texts:
            found = self._read(document.texts.get(field.name, ""), titles=field.titles)
            terms += found.terms
            units += found.units
            units.append(BREAK)
            tokens[field.name] = term_ids(found.units)
        return Analysed(document, terms, units, tokens, sum(map(len, tokens.values())))

    def _read(self, text: str, *, titles: bool) -> Tokens:
        """The tokens of a text field; those of titles are kept apart."""
        if not titles or "\n" not in text:
            return self._tokens(text)
        terms: list[str] = []
        units: list[str] = []
        for line in text.splitlines():
            found = self._tokens(line)
            if found.units:
                terms += found.terms
                units += [BREAK, *found.units] if units else found.units
        return Tokens(terms, units)

    def _refuse_unknown(self, document: Document) -> None:
        unknown = document.texts.keys() - self._names
        unknown |= document.keywords.keys() - self._keywords
        unknown |= document.numbers.keys() - self._numbers
        if unknown:
            raise ValueError(f"索引没有字段 {'、'.join(sorted(unknown))}")


def _refuse_unstorable(document: Document) -> None:
    for value in (document.id, *(value for values in document.keywords.values() for value in values)):
        if len(value.encode()) > LONGEST:  # a lone surrogate raises UnicodeEncodeError, a ValueError
            raise ValueError(f"编号或筛选值超过 {LONGEST} 字节")
    if any(not -LARGEST <= number < LARGEST for number in (document.version, *document.numbers.values())):
        raise ValueError("数字超出 64 位整数的范围")
