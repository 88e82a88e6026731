"""What lies near, for programs: articles related to one, and existing ones that a new text repeats."""

from kb_service.results import ArticleRow, SimilarArticle
from web.api.operations import Operation
from web.api.schemas import NewText
from web.auth import current_actor
from web.context import kb


def related(number: str) -> tuple[ArticleRow, ...]:
    """The articles most like this one."""
    return kb.related.of(current_actor(), number)


def similar(body: NewText) -> tuple[SimilarArticle, ...]:
    """The articles a new text repeats, with the passages they share."""
    return kb.related.similar(current_actor(), body.text, limit=body.limit, without=body.without)


OPERATIONS = (
    Operation("GET", "/articles/<number:number>/related", related),
    Operation("POST", "/similar", similar, open_to_all=True),
)
