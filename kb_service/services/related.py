"""Use cases on what lies near: articles related to one, and existing ones that a new text repeats."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row

from indexer import highlight, nearness
from indexer.highlight import Snippet
from kb_service.domain import article as domain
from kb_service.domain.access import Actor
from kb_service.domain.article import KINDS
from kb_service.errors import NotFound
from kb_service.results import ArticleRow, SharedPassage, SimilarArticle
from kb_service.services.clock import today
from kb_service.services.search import Search
from kb_service.store import articles
from kb_service.store.unit_of_work import Database

EVIDENCE = 400
"""Characters of a text that are asked with: its rarest words stand among them."""
COMPARED = 10
"""Articles looked at closely for each text."""
EXCERPT = 160
"""Characters of an excerpt."""
LEAD = 20
"""Characters of an excerpt before the longest shared passage."""


class Related:
    """Articles near an article, or near a text that somebody is writing."""

    def __init__(self, database: Database, search: Search) -> None:
        self._database = database
        self._search = search

    def of(self, actor: Actor, number: str, limit: int = 5) -> tuple[ArticleRow, ...]:
        """The articles most like this one, nearest first. Raises NotFound, SearchUnavailable, IndexBuilding."""
        own = articles.parse_number(number)
        with self._database.read() as session:
            told = articles.found(session, actor, [own]).get(own)
        if told is None:
            raise NotFound
        near = [one for one in self._near(actor, (told.title, *told.texts.values()), limit + 1) if one != own][:limit]
        with self._database.read() as session:
            seen = articles.found(session, actor, near)
        day = today(self._database.now())
        return tuple(articles.row_of(seen[one], day) for one in near if one in seen)

    def similar(self, actor: Actor, text: str, *, limit: int = 5, without: str = "") -> tuple[SimilarArticle, ...]:
        """The articles a text repeats most, else those most like it, but the one numbered ``without``.

        Raises SearchUnavailable, IndexBuilding.
        """
        if not text.strip():
            return ()
        near = self._near(actor, (text,), COMPARED)
        with self._database.read() as session:
            seen = articles.found(session, actor, near)
        mine = nearness.letters(text)
        compared = (_compared(mine, seen[one]) for one in near if one in seen)
        others = [one for one in compared if one.number != without]
        return tuple(sorted(others, key=lambda one: -round(one.share, 1))[:limit])

    def _near(self, actor: Actor, texts: Iterable[str], limit: int) -> list[int]:
        asked = _ends("\n".join(texts))
        return [one for _, one in self._search.like(actor, asked, kinds=KINDS, limit=limit)]


def _ends(text: str) -> tuple[str, ...]:
    """The whole of a short text, the beginning and the end of a long one: there somebody is writing."""
    half = EVIDENCE // 2
    return (text,) if len(text) <= EVIDENCE else (text[:half], text[-half:])


def _compared(mine: nearness.Letters, told: Row[*tuple[Any, ...]]) -> SimilarArticle:
    text = "\n".join((told.title, *(told.texts.get(field.name, "") for field in KINDS[told.kind].fields)))
    both = nearness.shared(mine, text)
    return SimilarArticle(
        number=domain.number(told.id),
        title=told.title,
        kind=told.kind,
        system=told.system,
        module=told.module,
        share=round(both.share, 3),
        other_share=round(both.other_share, 3),
        passages=tuple(
            SharedPassage(one.start, one.end, text[one.other_start : one.other_end]) for one in both.passages
        ),
        excerpt=_excerpt(text, both.passages),
    )


def _excerpt(text: str, passages: Sequence[nearness.Passage]) -> str:
    """The text around the longest shared passage as safe HTML, what is shared marked; "" where nothing is."""
    if not passages:
        return ""
    longest = max(passages, key=lambda one: one.other_end - one.other_start)
    begin = max(0, longest.other_start - LEAD)
    end = min(len(text), begin + EXCERPT)
    inside = sorted({(max(one.other_start, begin) - begin, min(one.other_end, end) - begin) for one in passages})
    marks = tuple(_apart([(a, b) for a, b in inside if a < b]))
    return highlight.to_html(Snippet(text[begin:end], marks, begin, begin > 0, end < len(text)))


def _apart(ranges: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Ranges in order without what an earlier one covers already."""
    covered = 0
    for start, end in ranges:
        if end > covered:
            yield max(start, covered), end
            covered = end
