"""Why a hit was found, and why it stands no higher: beside the hit for a script, as a page for everyone else."""

from flask import Blueprint, Response, request

from web import fragments, params
from web.auth import current_actor
from web.context import kb

pages = Blueprint("why", __name__)


@pages.get("/why")
def show() -> Response:
    found = kb.why.of(current_actor(), params.text(request.args, "q"), params.text(request.args, "number"))
    return fragments.render("why/show.html", "why/_hit.html", found=found, one=found.own)
