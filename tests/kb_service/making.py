"""What the stories begin from: articles published by two people, imports run to their end."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.access import Actor
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput, SearchRequest
from kb_service.results import CandidateView, ImportView
from kb_service.store.tables import Base
from tests.base import actor


def told(n: int = 1, **other: Any) -> ReportInput:
    """A told problem."""
    fields = {
        "key": f"A{n}",
        "organisation": "甲一一县局",
        "system": "开票软件",
        "phenomenon": f"开票软件登录不上，提示证书过期，第{n}次遇到",
        "cause": "数字证书过了有效期",
        "resolution": "1. 打开证书工具\n2. 点“更新证书”",
    }
    return ReportInput(**(fields | other))


def solution(title: str = "证书过期怎么办", **other: Any) -> ArticleInput:
    """An article as somebody writes it."""
    fields = {"symptom": "登录时提示证书过期", "resolution": "1. 打开证书工具\n2. 更新证书"}
    return ArticleInput(**({"kind": "solution", "title": title, "fields": fields} | other))


def faq(key: str, question: str, answer: str = "请先重启。", **other: Any) -> ArticleInput:
    """An article as a file tells it."""
    return ArticleInput(kind="faq", title=question, fields={"answer": answer}, key=key, **other)


def submitted(kb: KnowledgeBase, author: Actor, article: ArticleInput) -> CandidateView:
    draft = kb.candidates.create(author, article)
    return kb.candidates.submit(author, draft.id, seen_version=draft.version)


def published(
    kb: KnowledgeBase, article: ArticleInput, author: str = "expert", reviewer: str = "reviewer", head: str = "head"
) -> str:
    """Number of the article that became of it, signed off where that is needed."""
    waiting = submitted(kb, actor(kb, author), article)
    accepted = kb.reviews.accept(actor(kb, reviewer), waiting.id, seen_version=waiting.version)
    if accepted.state == "in_signoff":
        accepted = kb.reviews.sign_off(actor(kb, head), waiting.id, seen_version=accepted.version)
    kb.index.drain()
    return accepted.article


def uploaded(kb: KnowledgeBase, who: Actor, kind: str, **options: str) -> ImportView:
    digest = hashlib.sha256(kind.encode()).hexdigest()
    return kb.imports.upload(who, kind=kind, name="源.csv", path=Path("源.csv"), digest=digest, size=1, options=options)


def running(kb: KnowledgeBase, kind: str) -> ImportView:
    """An import by the expert that waits for a worker."""
    expert = actor(kb, "expert")
    one = uploaded(kb, expert, kind)
    return kb.imports.run(expert, one.id, seen_version=one.version)


def drafts(values: Sequence[ReportInput | ArticleInput]) -> list[Draft]:
    return [Draft(source="源.csv", place=f"第 {row} 行", value=value) for row, value in enumerate(values, 2)]


def imported(
    kb: KnowledgeBase,
    who: Actor,
    values: Sequence[ReportInput | ArticleInput],
    refusals: Sequence[Refusal] = (),
    *,
    dry: bool = False,
    **options: str,
) -> ImportView:
    """An import that has come to its end."""
    kind = "report" if isinstance(values[0], ReportInput) else "article"
    one = uploaded(kb, who, kind, **options)
    step = kb.imports.check if dry else kb.imports.run
    step(who, one.id, seen_version=one.version)
    kb.imports.take(one.id, drafts(values), refusals, position=len(values) + len(refusals))
    kb.imports.finish(one.id)
    kb.index.drain()
    return kb.imports.get(who, one.id)


def found(kb: KnowledgeBase, who: Actor, words: str) -> list[str]:
    return [hit.number for hit in kb.search.find(who, SearchRequest(words=words)).hits]


def count(kb: KnowledgeBase, entity: type[Base], *conditions: Any) -> int:
    with kb.database.read() as session:
        return session.scalar(select(func.count()).select_from(entity).where(*conditions)) or 0


def contents(kb: KnowledgeBase) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with kb.database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
