"""A document taken apart by the analyzer, in the shape every engine stores."""

from collections.abc import Mapping
from dataclasses import dataclass

from indexer.analysis.analyzer import Analyzer
from indexer.analysis.terms import term_ids
from indexer.engine import Document
from indexer.results import TermIds
from indexer.schema import Schema

BREAK = (
    "\x1e"  # stands between the units of two fields; normalised text holds no control character, so no phrase has it
)

LONGEST = 1_000  # bytes of an id or keyword in UTF-8
LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Analysed:
    """``terms`` and ``units`` run over all text fields in the schema's order; ``tokens`` has every text field."""

    document: Document
    terms: list[str]
    units: list[str]
    tokens: Mapping[str, TermIds]


class Preparation:
    """Analyses the documents of one schema."""

    def __init__(self, schema: Schema, analyzer: Analyzer) -> None:
        self._tokens = analyzer.tokens
        self._texts = [field.name for field in schema.texts]
        self._names = frozenset(self._texts)
        self._keywords = frozenset(field.name for field in schema.keywords)
        self._numbers = frozenset(field.name for field in schema.numbers)

    def analysed(self, document: Document) -> Analysed:
        """Analyse each text field once. Raises ValueError for what no index can hold, and what the analyzer raises."""
        self._refuse_unknown(document)
        _refuse_unstorable(document)
        terms: list[str] = []
        units: list[str] = []
        tokens: dict[str, TermIds] = {}
        for name in self._texts:
            found = self._tokens(document.texts.get(name, ""))
            terms += found.terms
            units += found.units
            units.append(BREAK)
            tokens[name] = term_ids(found.terms)
        return Analysed(document, terms, units, tokens)

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
