"""What every request reaches for: the open knowledge base and its settings; no state of its own."""

from typing import TYPE_CHECKING, cast

from flask import current_app
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase


def _base() -> "KnowledgeBase":
    return cast("KnowledgeBase", current_app.extensions["kb"])


kb = cast("KnowledgeBase", LocalProxy(_base))
