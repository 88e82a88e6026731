"""Weighs a change of the lexicon before it is made: what queries gain and lose, and what is odd; it changes nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice

from sqlalchemy.orm import Session

from indexer import lexicon_formats as formats
from indexer.analysis.analyzer import Analyzer, Question
from indexer.analysis.normalise import normalise
from indexer.lexicon import Lexicon
from kb_service.domain.access import Actor
from kb_service.domain.lexicon import Edit
from kb_service.errors import IndexBuilding, SearchUnavailable
from kb_service.results import LexiconOutlook, Preview
from kb_service.services.evaluation import Evaluation
from kb_service.store import articles, labelled, lexicon, searches
from kb_service.store.unit_of_work import Database

FREQUENT = 500
"""Frequent searches that a stop word must not empty."""
SHOWN = 20
"""Of what is told, as many as this of each sort."""


class Scales:
    """Tells what edits of the lexicon would do."""

    def __init__(self, database: Database, analyzer: Analyzer, evaluation: Evaluation) -> None:
        self._database = database
        self._analyzer = analyzer
        self._evaluation = evaluation

    def weigh(self, actor: Actor, edits: Sequence[Edit]) -> LexiconOutlook:
        """What the edits would do. Raises Duplicate when one makes a second entry that says the same."""
        with self._database.read() as session:
            lexicon.demand_distinct(session, edits)
            proposed = _lexicon_with(session, edits)
            emptied = self._emptied(session, actor, edits)
            notes = (*_loops(session, edits), *self._idle(edits))
        return LexiconOutlook(self._measured(actor, proposed), emptied, notes)

    def _measured(self, actor: Actor, proposed: Lexicon) -> Preview | None:
        try:
            measured = self._evaluation.preview(actor, proposed)
        except (IndexBuilding, SearchUnavailable):
            return None
        return measured if measured.queries else None

    def _emptied(self, session: Session, actor: Actor, edits: Iterable[Edit]) -> tuple[str, ...]:
        """Frequent and labelled queries all of whose words the new stop words are."""
        fresh = {normalise(edit.after) for edit in edits if edit.kind == "stop_word" and edit.after}
        if not fresh:
            return ()
        frequent = (words for words, _ in searches.common(session, self._database.now(), FREQUENT))
        asked = dict.fromkeys(chain(frequent, _labelled(session, actor)))
        emptied = (words for words in asked if _is_emptied(self._analyzer.question(words), fresh))
        return tuple(islice(emptied, SHOWN))

    def _idle(self, edits: Iterable[Edit]) -> Iterator[str]:
        """Stop words that no question has, because they are always cut apart."""
        fresh = (edit.after for edit in edits if edit.kind == "stop_word" and len(edit.after) > 1)
        idle = (text for text in fresh if normalise(text) not in self._analyzer.question(text).searched)
        for text in islice(idle, SHOWN):
            yield f"“{text}”在检索时会被切开，停用它不起作用：请先把它收作领域词。"


def _lexicon_with(session: Session, edits: Sequence[Edit]) -> Lexicon:
    """The lexicon as it would be."""
    replaced = [edit.entry_id for edit in edits if edit.entry_id]
    proposed = ((edit.kind, edit.after) for edit in edits if edit.after)
    return formats.lexicon(chain(lexicon.live(session, without=replaced), proposed))


def _loops(session: Session, edits: Sequence[Edit]) -> Iterator[str]:
    """New synonyms that lead back to where others begin."""
    fresh = [formats.synonyms(edit.after) for edit in edits if edit.kind == "synonyms" and edit.after]
    if fresh:
        replaced = [edit.entry_id for edit in edits if edit.entry_id]
        others = (formats.synonyms(text) for _, text in lexicon.live(session, "synonyms", without=replaced))
        new = set(fresh)
        pairs = ((one, back) for one, back in formats.loops(chain(others, fresh)) if one in new)
        for one, back in islice(pairs, SHOWN):
            said = f"“{formats.write(one)}”与“{formats.write(back)}”互相指向"
            yield f"{said}：合起来等于一条双向的同义词，可以照用。"


def _labelled(session: Session, actor: Actor) -> Iterator[str]:
    """The words of labelled queries of which the actor sees an answer."""
    queries = labelled.in_force(session)
    seen = articles.found(session, actor, {answer for one in queries for answer in one.answers})
    return (one.words for one in queries if not seen.keys().isdisjoint(one.answers))


def _is_emptied(question: Question, fresh: Collection[str]) -> bool:
    words = question.words
    return bool(words) and not question.codes and all(normalise(word) in fresh for word in words)
