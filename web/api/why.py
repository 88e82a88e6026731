"""Why a hit was found, for programs."""

from kb_service.results import WhyView
from web.api.operations import Operation
from web.api.schemas import Asked
from web.auth import current_actor
from web.context import kb


def why(query: Asked) -> WhyView:
    """Why an article or report stands where it stands in a search, and what holds it back.

    For who may evaluate, the hit in front of it comes along.
    """
    return kb.why.of(current_actor(), query.q, query.number)


OPERATIONS = (Operation("GET", "/search/why", why),)
