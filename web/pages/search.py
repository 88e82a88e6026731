"""Search: the home page, and results as a page or as the part that changes while typing."""

from flask import Blueprint, Response, request

from web import fragments, params
from web.auth import current_actor, visitor_key
from web.context import kb

pages = Blueprint("search", __name__)


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
    found = kb.search.find(current_actor(), asked, who=visitor_key())
    return fragments.render("search/results.html", "search/_live.html", found=found, asked=asked)
