"""Use cases on feedback: 解决了 and 没解决."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import select

from kb_service.documents import reuse_level
from kb_service.domain.access import Actor
from kb_service.domain.feedback import Feedback as Answer
from kb_service.domain.feedback import SearchEvent
from kb_service.errors import Invalid, StaleEdit, Unavailable
from kb_service.services.clock import today
from kb_service.services.learning import Learning
from kb_service.services.search import pseudonym
from kb_service.store import articles
from kb_service.store.unit_of_work import Database

LONGEST = 500


class Feedback:
    """Whether an article helped."""

    def __init__(self, database: Database, learning: Learning, flush: Callable[[], object]) -> None:
        """``flush`` writes the searches that wait: the one that led here may be among them."""
        self._database = database
        self._learning = learning
        self._flush = flush

    def answer(
        self, actor: Actor, number: str, *, solved: bool, reason: str = "", who: str = "", event: str = ""
    ) -> tuple[int, int]:
        """Count one answer a day and person, the last one given; how often it solved, how often not.

        ``event`` names the search that led here: its words may be learned, once enough people agree.
        Raises NotFound, Invalid.
        """
        if len(reason) > LONGEST:
            raise Invalid(problems={"reason": f"最多 {LONGEST} 个字。"})
        name = pseudonym(who or actor.username)
        if event:
            self._flush()
        with self._database.begin() as tx:
            tx.alone("feedback")
            article = articles.get(tx.session, actor, number)
            before = articles.people_helped(tx.session, (article.id,)).get(article.id, 0)
            day = today(tx.now)
            wanted = select(Answer).where(Answer.article_id == article.id, Answer.who == name, Answer.day == day)
            found = tx.session.scalar(wanted) or tx.add(Answer(article_id=article.id, who=name, day=day))
            found.solved, found.reason, found.event, found.at = solved, reason, event[:32], tx.now
            found.signed_in = actor.signed_in
            if solved and event and (search := tx.session.get(SearchEvent, event)):
                search.solved = article.number
            tx.session.flush()
            counts = articles.feedback(tx.session, (article.id,))[article.id]
            helped = articles.people_helped(tx.session, (article.id,)).get(article.id, 0)
            if reuse_level(helped) != reuse_level(before):
                tx.record(article.reuse(actor, helped))
        if solved and event and actor.signed_in:
            self._learn(article.id)
        return counts

    def _learn(self, article_id: int) -> None:
        """The answer is kept already: what could be learned of it is learned with the next one."""
        with suppress(Unavailable, StaleEdit):
            self._learning.learn(article_id)
