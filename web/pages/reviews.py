"""Reviews: the queue of what waits for a decision, and the decisions."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import fragments, params
from web.auth import current_actor
from web.context import kb

pages = Blueprint("reviews", __name__)


@pages.get("/reviews")
def queue() -> Response:
    page = kb.reviews.queue(current_actor(), offset=params.offset(request.args), limit=params.PAGE_SIZE)
    return fragments.render("reviews/queue.html", page=page)


@pages.post("/candidates/<id:id>/<any(claim, accept, sign_off, send_back, reject):action>")
def decide(id: int, action: str) -> AnyResponse:  # noqa: A002
    form, actor = request.form, current_actor()
    seen, comment = params.integer(form, "seen_version"), params.text(form, "comment")
    reason = params.text(form, "reason")
    decisions = {
        "claim": lambda: kb.reviews.claim(actor, id, seen_version=seen),
        "accept": lambda: kb.reviews.accept(actor, id, seen_version=seen, comment=comment),
        "sign_off": lambda: kb.reviews.sign_off(actor, id, seen_version=seen, comment=comment),
        "send_back": lambda: kb.reviews.send_back(actor, id, seen_version=seen, reason=reason),
        "reject": lambda: kb.reviews.reject(actor, id, seen_version=seen, reason=reason, comment=comment),
    }
    decisions[action]()
    return redirect(url_for("candidates.show", id=id), 303)


@pages.post("/imports/<id:id>/accept")
def accept_import(id: int) -> AnyResponse:  # noqa: A002
    kb.reviews.accept_import(current_actor(), id, comment=params.text(request.form, "comment"))
    return redirect(url_for("imports.show", id=id), 303)


@pages.post("/imports/<id:id>/send_back")
def send_back_import(id: int) -> AnyResponse:  # noqa: A002
    kb.reviews.send_back_import(current_actor(), id, reason=params.text(request.form, "reason"))
    return redirect(url_for("imports.show", id=id), 303)
