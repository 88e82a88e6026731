"""Use cases of completion: the texts of articles propose, the database says what may be shown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from indexer.analysis.analyzer import Analyzer
from indexer.analysis.normalise import normalise
from indexer.suggest import Match, Vocabulary, dictionary, written
from kb_service.domain import article
from kb_service.domain.access import Actor, tokens_of
from kb_service.errors import Invalid
from kb_service.results import Suggestion
from kb_service.services.suggest_texts import Texts
from kb_service.store import suggestions
from kb_service.store.unit_of_work import Database

LARGEST = 20
SPARE = 8
"""Matches looked at beyond those asked for: some may be gone, or no longer to be seen."""
PATIENCE = 0.8
"""Seconds a request waits for the texts to be loaded; a small base needs no more."""
_NUMBER = re.compile(r"kb ?0*([1-9][0-9]{0,8})")


class Suggest:
    """Completing what is being typed, and the words that questions are repaired with."""

    def __init__(self, database: Database, analyzer: Analyzer, folder: Path) -> None:
        """``folder`` is where the texts are kept for all processes of this machine."""
        self._database = database
        self._analyzer = analyzer
        self._texts = Texts(database, folder)

    def find(self, actor: Actor, typed: str, limit: int = 8, *, wait: float = PATIENCE) -> tuple[Suggestion, ...]:
        """What the actor may mean, best first; nothing where the texts are not loaded within ``wait`` seconds.

        Raises Invalid for a limit out of range.
        """
        if not 1 <= limit <= LARGEST:
            raise Invalid(problems={"limit": f"每次 1 到 {LARGEST} 条。"})
        told, popular = self._texts.permitted(tokens_of(actor), wait)
        matches = sorted((*told.matches(typed, limit + SPARE), *popular.matches(typed, SPARE)))
        return tuple(islice(self._shown(actor, [*_numbered(typed), *matches]), limit))

    def vocabulary(self, actor: Actor) -> Vocabulary:
        """The words of the texts the actor may see and of the dictionaries, for the repair of a question.

        The texts are waited for as a completion waits for them.
        """
        tokens, added = tokens_of(actor), self._analyzer.lexicon.words
        return Vocabulary(lambda: self._texts.permitted(tokens, PATIENCE)[0], lambda: dictionary(added))

    @property
    def size(self) -> int:
        """Bytes the texts take, in memory and in files."""
        return self._texts.size

    def warm_up(self) -> None:
        """Begin to load the texts, without waiting for them."""
        self._texts.permitted(frozenset(), 0)

    def close(self) -> None:
        self._texts.close()

    def _shown(self, actor: Actor, matches: Sequence[Match]) -> Iterator[Suggestion]:
        """Those that stand where the actor sees them, in the spelling of the database, each article once."""
        if not matches:
            return
        with self._database.read() as session:
            rows = suggestions.permitted(session, actor, {match.document for match in matches})
            searched = {match.document for match in matches if match.kind == "words"}.intersection(rows)
            said = suggestions.said(session, searched) if searched else {}
        for match in matches:
            row = rows.get(match.document)
            if row and (text := self._words(match, *said[row.id]) if match.kind == "words" else _spelling(match, row)):
                del rows[match.document]
                yield Suggestion(text, match.kind, article.number(row.id), row.title)

    def _words(self, match: Match, learned: Iterable[str], everything: str) -> str:
        """What people search with, "" unless it was learned on the article or the article says all of its words: what
        people typed may be of other articles.
        """
        if found := next((text for text in learned if written(text) == match.text), ""):
            return found
        typed = self._texts.typed.get(match.text, "")
        normal = normalise(everything)
        return typed if all(word in normal for word in self._analyzer.words(typed)) else ""


def _numbered(typed: str) -> Iterator[Match]:
    """The article whose number was typed: nobody wants a number completed to those of other articles."""
    if found := _NUMBER.fullmatch(normalise(typed).strip()):
        document = int(found[1])
        yield Match(False, -1, 0, -document, document, "code", written(article.number(document)))


def _spelling(match: Match, row: Row[*tuple[Any, ...]]) -> str:
    """How a title, asking or code is written in the database by now, "" where it is not there any more."""
    texts = {"title": (row.title,), "asked": row.asked, "code": (article.number(row.id), *row.codes)}[match.kind]
    return next((text for text in texts if written(text).startswith(match.text)), "")
