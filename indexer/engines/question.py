"""What every engine reads from a query before answering it; it answers nothing itself."""

from collections.abc import Iterator

from indexer.errors import BadQuery
from indexer.query import WINDOW, And, Code, Node, Not, Or, Query, Words
from indexer.schema import Schema


def check(query: Query, schema: Schema) -> None:
    """Raise BadQuery where ``query`` names a field the schema does not have or leaves the window of WINDOW hits."""
    keywords = {field.name for field in schema.keywords}
    numbers = {field.name for field in schema.numbers}
    unknown = {part.field for part in query.filters} - keywords | set(query.facets) - keywords
    if query.sort and query.sort.field not in numbers:
        unknown.add(query.sort.field)
    if unknown:
        raise BadQuery(f"索引没有这些可筛选、统计或排序的字段：{'、'.join(sorted(unknown))}。请只使用已声明的字段。")
    if query.offset < 0 or query.limit < 0 or query.offset + query.limit > WINDOW:
        raise BadQuery(f"请求的结果范围超出前 {WINDOW} 条。请缩小范围或增加检索词。")


def terms_of(tree: Node) -> tuple[str, ...]:
    """Every term ``tree`` names, once, in its order: those whose frequency ranking needs."""
    return tuple(dict.fromkeys(_terms(tree)))


def _terms(node: Node) -> Iterator[str]:
    match node:
        case Words(terms, demanded):
            yield from terms
            for part in demanded:
                yield from _terms(part)
        case Code(term):
            yield term
        case And(parts) | Or(parts):
            for part in parts:
                yield from _terms(part)
        case Not(part):
            yield from _terms(part)


def wants_statistics(query: Query) -> bool:
    """No candidates and no counts are asked for."""
    return query.limit == 0 and not query.facets
