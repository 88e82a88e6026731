"""Every search by pages or API goes through here: asked in the name of the actor, counted, and noted in the log."""

import time

from flask import current_app

from kb_service.errors import KBError
from kb_service.inputs import SearchRequest
from kb_service.results import SearchResults
from web import logs, metrics
from web.auth import current_actor
from web.context import kb


def find(asked: SearchRequest, *, who: str) -> SearchResults:
    """What `kb.search.find` finds. Raises what that raises."""
    begun, outcome = time.perf_counter(), "failed"
    try:
        found = kb.search.find(current_actor(), asked, who=who)
        outcome = "found" if found.total else "none"
        return found
    except KBError as error:
        outcome = metrics.OUTCOMES.get(error.code, "refused")
        raise
    finally:
        metrics.searched(outcome, time.perf_counter() - begun)
        logs.note(search=outcome, **({"words": asked.words} if current_app.config["KB_LOG_QUERIES"] else {}))
