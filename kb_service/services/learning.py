"""Use cases of learning from use: what people ask alike becomes searchable and a labelled query, until taken back."""

from functools import partial

from indexer.analysis.analyzer import Analyzer
from kb_service.domain.access import Actor, parts_in_article
from kb_service.domain.article import Article, Revision
from kb_service.domain.learned import Agreement, LearnedWords, Meaning, agreed, fresh
from kb_service.errors import Denied
from kb_service.store import articles, labelled, learned
from kb_service.store.unit_of_work import Database, Tx

USE = Actor("使用中学到")
"""Who learns: what several people asked alike bears nobody's name."""
TENDERS = frozenset({"owner", "manager"})
"""Parts that may take back what an article learned."""


class Learning:
    """What articles learn from the searches they solved."""

    def __init__(self, database: Database, analyzer: Analyzer) -> None:
        self._database = database
        self._meaning = partial(meaning, analyzer)

    def learn(self, article_id: int) -> tuple[str, ...]:
        """Take over what enough people asked alike before this article helped them; the texts that are new."""
        with self._database.read() as session:
            article = session.get_one(Article, article_id)
            found = agreed(learned.askings(session, article), self._meaning)
        if not found:
            return ()
        with self._database.begin() as tx:
            tx.alone("label")
            article = tx.session.get_one(Article, article_id)
            labelled.collect(tx, USE, {one.text: article_id for one in found.values()})
            return self._taken(tx, article, self._new(tx, article, found))

    def forget(self, actor: Actor, number: str, learned_id: int) -> None:
        """Take an asking back for good. Raises NotFound, and Denied for who neither owns nor manages the article."""
        with self._database.begin() as tx:
            article = articles.get(tx.session, actor, number)
            if not may_forget(actor, article):
                raise Denied
            words = learned.get(tx.session, article.id, learned_id)
            words.removed, words.removed_by = True, actor.name
            tx.record(article.forget(actor, words.text))

    def _new(self, tx: Tx, article: Article, found: dict[Meaning, Agreement]) -> tuple[Agreement, ...]:
        """What is not said by the article yet, and was not learned on it before."""
        rows = learned.every(tx.session, article.id)
        told: Revision = articles.revision(tx.session, article)
        known = (told.title, *told.asked, *(row.text for row in rows))
        return fresh(found, known, sum(not row.removed for row in rows), self._meaning)

    def _taken(self, tx: Tx, article: Article, new: tuple[Agreement, ...]) -> tuple[str, ...]:
        if not new:
            return ()
        for one in new:
            tx.add(LearnedWords(article_id=article.id, text=one.text, people=one.people, at=tx.now))
        texts = tuple(one.text for one in new)
        tx.record(article.learn(USE, texts))
        return texts


def meaning(analyzer: Analyzer, text: str) -> Meaning:
    """Codes and informative words of an asking; none for small talk."""
    question = analyzer.question(text)
    return frozenset((*question.words, *question.codes))


def may_forget(actor: Actor, article: Article) -> bool:
    """Whether the actor may take back what the article learned."""
    return not TENDERS.isdisjoint(parts_in_article(actor, article))
