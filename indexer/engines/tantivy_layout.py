"""The schema in tantivy's terms: documents to write and read, query trees to ask; no files, no locks."""

from collections.abc import Iterable, Sequence
from typing import Any

from tantivy import Document as Written
from tantivy import Occur, SchemaBuilder
from tantivy import Query as Part

from indexer.analysed import Analysed
from indexer.engines.packing import packed, unpacked
from indexer.engines.versions import Rank
from indexer.query import And, Code, Everything, Filter, Ids, Node, Not, Or, Phrase, Words
from indexer.results import Candidate
from indexer.schema import Schema

LIVE = "1"  # the term every document has in the field ``live``; a tombstone has an id and a version only


def keyword_name(name: str) -> str:
    return f"keyword_{name}"


def number_name(name: str) -> str:
    return f"number_{name}"


class Layout:
    """Field names of the schema get a prefix by kind, so that none can clash with the engine's own."""

    def __init__(self, schema: Schema) -> None:
        self.texts = [field.name for field in schema.texts]
        self._numbers = {field.name: number_name(field.name) for field in schema.numbers}
        self.schema = _built(schema)
        self.live = Part.const_score_query(self.term("live", LIVE), 0.0)

    def document(self, analysed: Analysed) -> Any:
        """Raises UnicodeEncodeError for a lone surrogate in id or keyword, OverflowError for a number over 64 bits."""
        document = analysed.document
        written = self.tombstone(document.id, document.version)
        written.add_text("live", LIVE)
        written.add_text("terms", " ".join(analysed.terms))
        written.add_text("units", " ".join(analysed.units))
        written.add_bytes("tokens", packed([analysed.tokens[name] for name in self.texts]))
        for name, values in document.keywords.items():
            for value in dict.fromkeys(values):
                written.add_text(keyword_name(name), value)
        for name, number in document.numbers.items():
            written.add_integer(number_name(name), number)
        written.add_integer("length", analysed.length)
        return written

    def tombstone(self, key: str, version: int) -> Any:
        written = Written()
        written.add_text("id", key)
        written.add_integer("version", version)
        return written

    def rank(self, stored: Any) -> Rank:
        """The rank of a stored document or tombstone."""
        return stored.get_first("version"), stored.get_first("tokens") is None

    def candidate(self, stored: Any, score: float | None) -> Candidate:
        tokens = dict(zip(self.texts, unpacked(stored.get_first("tokens"), len(self.texts)), strict=True))
        told = ((name, stored.get_first(field)) for name, field in self._numbers.items())
        numbers = {name: number for name, number in told if number is not None}
        return Candidate(stored.get_first("id"), stored.get_first("version"), score or 0.0, tokens, numbers)

    def query(self, tree: Node, filters: Iterable[Filter]) -> Any:
        """Scored by BM25 over all text fields together; filters add nothing to a score."""
        parts = [self._node(tree), *(self._filter(part) for part in filters)]
        return _all(parts)

    def identified(self, keys: Sequence[str]) -> Any:
        """The documents and tombstones with these ids."""
        return Part.term_set_query(self.schema, "id", keys)

    def term(self, field: str, term: str) -> Any:
        return Part.term_query(self.schema, field, term, "freq" if field == "terms" else "basic")

    def _filter(self, part: Filter) -> Any:
        """A set of terms would first be gathered as a set of documents, all of them, however few match the rest."""
        values = _any(self.term(keyword_name(part.field), value) for value in sorted(part.values))
        return Part.const_score_query(values, 0.0) if part.values else Part.empty_query()

    def _node(self, node: Node) -> Any:
        asked = Part.empty_query()
        match node:
            case Everything():
                asked = self.live
            case Ids(ids):
                known = Part.const_score_query(self.identified(ids), 0.0) if ids else Part.empty_query()
                asked = _all([known, self.live])
            case Code(term):
                asked = self.term("terms", term)
            case Phrase(units):
                asked = self._phrase(units)
            case Words(terms, demanded, required):
                asked = self._words(terms, demanded, required)
            case And(parts):
                asked = _all([self._node(part) for part in parts] or [self.live])
            case Or(parts):
                asked = _any(self._node(part) for part in parts)
            case Not(part):
                asked = Part.boolean_query([(Occur.Must, self.live), (Occur.MustNot, self._node(part))])
        return asked

    def _phrase(self, units: tuple[str, ...]) -> Any:
        if len(units) > 1:
            return Part.phrase_query(self.schema, "units", list(units))
        return Part.term_query(self.schema, "units", units[0], "position") if units else Part.empty_query()

    def _words(self, terms: Iterable[str], demanded: Sequence[Node], required: int) -> Any:
        """What is demanded once, under its minimum; the other terms beside it for the score alone."""
        told = {part.terms[0] for part in demanded if isinstance(part, Words) and len(part.terms) == 1}
        others = [(Occur.Should, self.term("terms", term)) for term in dict.fromkeys(terms) if term not in told]
        minimum = [(Occur.Should, self._node(part)) for part in demanded]
        if required <= 0:
            return Part.boolean_query([*minimum, *others])
        needed = Part.boolean_query(minimum, minimum_number_should_match=required)
        return Part.boolean_query([(Occur.Must, needed), *others])


def _all(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else Part.boolean_query([(Occur.Must, part) for part in parts])


def _any(parts: Iterable[Any]) -> Any:
    return Part.boolean_query([(Occur.Should, part) for part in parts])


def _built(schema: Schema) -> Any:
    """Integers are signed: a Python integer in an unsigned fast field kills the writer of tantivy-py 0.27."""
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("version", stored=True, fast=True)
    builder.add_text_field("live", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("units", tokenizer_name="whitespace", index_option="position")
    builder.add_bytes_field("tokens", stored=True)
    for keyword in schema.keywords:
        builder.add_text_field(keyword_name(keyword.name), fast=True, tokenizer_name="raw", index_option="basic")
    for number in schema.numbers:
        builder.add_integer_field(number_name(number.name), stored=True, fast=True)
    builder.add_integer_field("length", fast=True)
    return builder.build()
