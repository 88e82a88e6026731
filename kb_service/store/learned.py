"""Queries on what is learned from use, and on the searches and answers it is learned from."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from kb_service.domain.article import Article
from kb_service.domain.article import number as article_number
from kb_service.domain.feedback import Feedback, SearchEvent
from kb_service.domain.learned import Asking, LearnedWords
from kb_service.errors import NotFound

LOOKED_AT, LOOKED_AT_IN_ALL = 100, 300
"""The latest answers that anything is learned from, of one article and of all: each asking takes a while to read."""


def in_force(session: Session, article_ids: Collection[int]) -> dict[int, list[LearnedWords]]:
    """What is learned and not removed, by article, oldest first."""
    found: defaultdict[int, list[LearnedWords]] = defaultdict(list)
    kept = LearnedWords.article_id.in_(article_ids) & ~LearnedWords.removed
    for one in session.scalars(select(LearnedWords).where(kept).order_by(LearnedWords.id)) if article_ids else ():
        found[one.article_id].append(one)
    return found


def texts(session: Session, article_ids: Collection[int]) -> dict[int, list[str]]:
    """The texts of what is learned and not removed, by article."""
    return {article: [one.text for one in told] for article, told in in_force(session, article_ids).items()}


def every(session: Session, article_id: int) -> list[LearnedWords]:
    """Whatever was learned on an article, removed or not."""
    return list(session.scalars(select(LearnedWords).where(LearnedWords.article_id == article_id)))


def get(session: Session, article_id: int, learned_id: int) -> LearnedWords:
    """One asking in force on an article. Raises NotFound."""
    found = session.get(LearnedWords, learned_id)
    if found is None or found.removed or found.article_id != article_id:
        raise NotFound
    return found


def askings(session: Session, article: Article) -> list[Asking]:
    """What signed-in people searched with who were shown this article and said that it solved their problem."""
    wanted = _solved(LOOKED_AT).where(Feedback.article_id == article.id)
    return [Asking(words, who) for _, words, who, shown in session.execute(wanted) if article.number in shown]


def askings_of_all(session: Session) -> dict[int, list[Asking]]:
    """The same of every article, by its id."""
    found: defaultdict[int, list[Asking]] = defaultdict(list)
    for article_id, words, who, shown in session.execute(_solved(LOOKED_AT_IN_ALL)):
        if article_number(article_id) in shown:
            found[article_id].append(Asking(words, who))
    return found


def _solved(limit: int) -> Select[int, str, str, list[str]]:
    """The latest answers with the search of the same person that led to them."""
    same = (SearchEvent.key == Feedback.event) & (SearchEvent.who == Feedback.who)
    joined = select(Feedback.article_id, SearchEvent.words, Feedback.who, SearchEvent.shown).join(SearchEvent, same)
    return joined.where(Feedback.solved, Feedback.signed_in).order_by(Feedback.id.desc()).limit(limit)
