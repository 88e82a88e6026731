"""Search: the home page, and results as a page or as the part that changes while typing."""

from flask import Blueprint, Response, request

from kb_service.errors import IndexBuilding, SearchUnavailable
from kb_service.inputs import SearchRequest
from web import errors, fragments, params, searches
from web.auth import current_actor, visitor_key
from web.context import kb

pages = Blueprint("search", __name__)

LONGEST_TITLE = 200
"""Characters; nobody types more of a title."""


@pages.get("/")
def home() -> Response:
    actor = current_actor()
    return fragments.render("search/home.html", recent=kb.articles.recent(actor, limit=8), systems=kb.people.systems())


@pages.get("/suggest")
def suggest() -> Response:
    """The options below a search box; without a script nobody asks for them."""
    told = kb.suggest.find(current_actor(), params.text(request.args, "q")) if request.args.get("q") else ()
    return fragments.render("search/_suggestions.html", suggestions=told)


@pages.route("/search", methods=["GET", "POST"])
def results() -> Response:
    """POST takes texts too long for an address: a pasted log, a whole mail."""
    asked = params.search_request(request.form if request.method == "POST" else request.args)
    try:
        found = searches.find(asked, who=visitor_key())
    except (IndexBuilding, SearchUnavailable) as refusal:
        return _without_index(asked, refusal)
    return fragments.render("search/results.html", "search/_live.html", found=found, asked=asked)


def _without_index(asked: SearchRequest, refusal: IndexBuilding | SearchUnavailable) -> Response:
    """Search cannot answer, and what needs no index still can: titles that begin so, an article by its number."""
    titles = kb.suggest.find(current_actor(), asked.words[:LONGEST_TITLE], wait=0)
    response = errors.refused(
        refusal, "search/away.html", "search/_away.html", asked=asked, titles=[one for one in titles if one.number]
    )
    response.headers["HX-Retarget"] = "#results"  # in the place of what was found before
    return response
