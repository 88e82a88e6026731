"""Search for programs."""

from kb_service.results import SearchResults
from web import searches
from web.api.operations import FORM, JSON, MB, Operation
from web.api.schemas import Found, Search, Suggested, SuggestedTexts, Typed, found
from web.auth import current_actor, visitor_key
from web.context import kb
from web.templating import leads_to


def search(query: Search) -> Found:
    """Finds articles, and for staff reports."""
    return found(_find(query))


def search_long(body: Search) -> Found:
    """The same for texts of any length: a pasted log, a whole mail."""
    return found(_find(body))


def suggest(query: Typed) -> SuggestedTexts:
    """Completes what is being typed: by characters, pinyin, initials and codes."""
    told = kb.suggest.find(current_actor(), query.q, query.limit)
    return SuggestedTexts(tuple(Suggested(one.text, one.kind, leads_to(one)) for one in told))


def _find(told: Search) -> SearchResults:
    """A visitor of the API is nobody from one request to the next."""
    return searches.find(told.request(), who=visitor_key() if current_actor().signed_in else "")


OPERATIONS = (
    Operation("GET", "/search", search),
    Operation("GET", "/suggest", suggest),
    Operation("POST", "/search", search_long, media=(JSON, FORM), limit=12 * MB, open_to_all=True),
)
