"""The schema in Elasticsearch's terms: documents to write and read, query trees to ask; no connection.

Texts arrive analysed, so that nothing has to be installed on the server: terms and units are words between spaces.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from indexer.analysed import LARGEST, Analysed
from indexer.analysis.terms import BREAK
from indexer.engines.packing import packed, unpacked
from indexer.engines.versions import Rank
from indexer.query import And, Code, Everything, Filter, Ids, Node, Not, Or, Phrase, Query, Words
from indexer.results import Candidate
from indexer.schema import Schema

LAYOUT = "1"  # raised when the same document is written otherwise
LONGEST = 512  # bytes of an id the server takes
FACET_VALUES = 10_000  # values of one facet that are counted
NOTHING: Mapping[str, Any] = {"match_none": {}}
LIVE: Mapping[str, Any] = {"term": {"live": "1"}}  # a tombstone has no field at all
_GAP = "\x01"  # stands for BREAK, which is a space to the server and would take no position


def keyword_name(name: str) -> str:
    return f"keyword_{name}"


def number_name(name: str) -> str:
    return f"number_{name}"


def is_storable(key: str) -> bool:
    """Whether the server takes it as an id."""
    try:
        return 0 < len(key.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False


def demand_storable(key: str, version: int) -> None:
    """Raises ValueError for what the server does not take; it would refuse the documents beside it as well."""
    if not is_storable(key):
        raise ValueError(f"编号是空的、含有半个字符或超过 {LONGEST} 字节")
    if not 0 <= version < LARGEST // 2:
        raise ValueError("版本号小于零或超出 62 位整数的范围")


def external(rank: Rank) -> int:
    """The version the server compares: it takes what is above the one it has, so at equal versions a deletion wins."""
    version, deleted = rank
    return 2 * version + deleted


def rank(version: int) -> Rank:
    """The rank behind a version the server gives back."""
    return version // 2, bool(version % 2)


class Layout:
    """Field names of the schema get a prefix by kind, so that none can clash with the engine's own."""

    def __init__(self, schema: Schema) -> None:
        self._texts = [field.name for field in schema.texts]
        self._numbers = {number_name(field.name): field.name for field in schema.numbers}
        self._keywords = [keyword_name(field.name) for field in schema.keywords]

    def mappings(self, fingerprint: str) -> dict[str, Any]:
        """Only what candidates bring back is kept as source; all else is found by, not read."""
        keyword, number = {"type": "keyword"}, {"type": "long", "index": False}
        return {
            "dynamic": "strict",
            "date_detection": False,
            "_meta": {"fingerprint": fingerprint},
            "_source": {"includes": ["tokens", *self._numbers]},
            "properties": {
                "live": {"type": "keyword", "doc_values": False},
                "id": {"type": "keyword", "index": False},
                "terms": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
                "units": {"type": "text", "analyzer": "whitespace", "index_options": "positions"},
                "tokens": {"type": "binary"},
                "length": {"type": "integer", "index": False},
                **dict.fromkeys(self._keywords, keyword),
                **dict.fromkeys(self._numbers, number),
            },
        }

    def source(self, analysed: Analysed) -> bytes:
        """The document as it is sent. Raises ValueError."""
        document = analysed.document
        demand_storable(document.id, document.version)
        told = {
            "live": "1",
            "id": document.id,
            "terms": " ".join(analysed.terms),
            "units": " ".join(analysed.units).replace(BREAK, _GAP),
            "tokens": b64encode(packed([analysed.tokens[name] for name in self._texts])).decode(),
            "length": analysed.length,
            **{keyword_name(name): list(dict.fromkeys(values)) for name, values in document.keywords.items()},
            **{number_name(name): number for name, number in document.numbers.items()},
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def candidate(self, hit: Mapping[str, Any], *, scored: bool) -> Candidate:
        source = hit["_source"]
        arrays = unpacked(b64decode(source["tokens"]), len(self._texts))
        numbers = {name: source[field] for field, name in self._numbers.items() if field in source}
        version, _ = rank(hit["_version"])
        score = float(hit["_score"] or 0.0) if scored else 0.0
        return Candidate(hit["_id"], version, score, dict(zip(self._texts, arrays, strict=True)), numbers)

    def asked(self, query: Query) -> dict[str, Any]:
        """The search for the window, with all facets but those that have to leave their own filter aside."""
        filtered = {part.field for part in query.filters}
        body: dict[str, Any] = {
            "query": self.query(query.tree, query.filters),
            "size": query.limit,
            "track_total_hits": query.counted or not query.limit,
            "aggs": facets([field for field in query.facets if field not in filtered]),
        }
        if query.limit:  # the server refuses an offset into nothing
            body |= {"from": query.offset, "version": True, "sort": _sort(query)}
        return body

    def facet(self, query: Query, field: str) -> dict[str, Any]:
        """The search for the counts of a facet whose own filter is left aside."""
        others = [part for part in query.filters if part.field != field]
        return {"query": self.query(query.tree, others), "size": 0, "track_total_hits": False, "aggs": facets([field])}

    def query(self, tree: Node, filters: Iterable[Filter]) -> dict[str, Any]:
        """Scored by BM25 over all text fields together; filters add nothing to a score."""
        allowed = [{"terms": {keyword_name(part.field): sorted(part.values)}} for part in filters]
        return {"bool": {"must": [_node(tree)], "filter": allowed}}


def frequencies(terms: Sequence[str], units: Sequence[str]) -> dict[str, Any]:
    """The search that counts the live documents with each term and each unit, under the places these have together.

    Without deletions the server reads each count from its dictionary.
    """
    asked = [*({"term": {"terms": term}} for term in terms), *({"term": {"units": unit}} for unit in units)]
    named = {str(at): one for at, one in enumerate(asked)}
    return {"size": 0, "track_total_hits": False, "aggs": {"counts": {"filters": {"filters": named}}}}


def collection() -> dict[str, Any]:
    """The search for the number of documents and their mean length. It is always the same, so that the server has the
    answer ready until something changes.
    """
    return {"query": LIVE, "size": 0, "track_total_hits": True, "aggs": {"length": {"avg": {"field": "length"}}}}


def facets(fields: Iterable[str]) -> dict[str, Any]:
    return {field: {"terms": {"field": keyword_name(field), "size": FACET_VALUES}} for field in fields}


def _sort(query: Query) -> list[dict[str, Any]]:
    """Equals by id, so that pages join."""
    if query.sort is None:
        return [{"_score": "desc"}, {"id": "asc"}]
    order = {"order": "desc" if query.sort.descending else "asc", "missing": "_last"}
    return [{number_name(query.sort.field): order}, {"id": "asc"}]


def _node(node: Node) -> Mapping[str, Any]:
    asked = NOTHING
    match node:
        case Everything():
            asked = _unscored(LIVE)
        case Ids(ids):
            asked = _unscored({"ids": {"values": [key for key in ids if is_storable(key)]}}, LIVE)
        case Code(term):
            asked = {"term": {"terms": term}}
        case Phrase(units) if units:
            asked = {"match_phrase": {"units": " ".join(units)}}
        case Words(terms, demanded, required):
            asked = _words(terms, demanded, required)
        case And(parts):
            asked = {"bool": {"must": [_node(part) for part in parts]}} if parts else _unscored(LIVE)
        case Or(parts):
            asked = _any([_node(part) for part in parts])
        case Not(part):
            asked = {"bool": {"filter": [LIVE], "must_not": [_node(part)]}}
    return asked


def _words(terms: Iterable[str], demanded: Sequence[Node], required: int) -> Mapping[str, Any]:
    """What is demanded once, under its minimum; the other terms beside it for the score alone."""
    said = {part.terms[0] for part in demanded if isinstance(part, Words) and len(part.terms) == 1}
    others = [{"term": {"terms": term}} for term in dict.fromkeys(terms) if term not in said]
    minimum = [_node(part) for part in demanded]
    if required <= 0:
        return _any([*minimum, *others])
    return {"bool": {"must": [_any(minimum, required)], "should": others}}


def _any(parts: Sequence[Mapping[str, Any]], required: int = 1) -> Mapping[str, Any]:
    """Without parts the server would find everything."""
    return {"bool": {"should": parts, "minimum_should_match": required}} if parts else NOTHING


def _unscored(*parts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"bool": {"filter": parts}}
