"""Use cases on feedback: 解决了 and 没解决."""

from sqlalchemy import select

from kb_service.domain.access import Actor
from kb_service.domain.feedback import Feedback as Answer
from kb_service.domain.feedback import SearchEvent
from kb_service.errors import Invalid
from kb_service.services.clock import today
from kb_service.services.search import pseudonym
from kb_service.store import articles
from kb_service.store.unit_of_work import Database

LONGEST = 500


class Feedback:
    """Whether an article helped."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(
        self, actor: Actor, number: str, *, solved: bool, reason: str = "", who: str = "", event: str = ""
    ) -> tuple[int, int]:
        """Count one answer a day and person, the last one given; how often it solved, how often not.

        Raises NotFound, Invalid.
        """
        if len(reason) > LONGEST:
            raise Invalid(problems={"reason": f"最多 {LONGEST} 个字。"})
        name = pseudonym(who or actor.username)
        with self._database.begin() as tx:
            article = articles.get(tx.session, actor, number)
            day = today(tx.now)
            wanted = select(Answer).where(Answer.article_id == article.id, Answer.who == name, Answer.day == day)
            found = tx.session.scalar(wanted) or tx.add(Answer(article_id=article.id, who=name, day=day))
            found.solved, found.reason, found.event, found.at = solved, reason, event[:32], tx.now
            if solved and event and (search := tx.session.get(SearchEvent, event)):
                search.solved = article.number
            tx.session.flush()
            return articles.feedback(tx.session, (article.id,))[article.id]
