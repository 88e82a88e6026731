"""How the service itself runs: index, changes that wait, backups; for who administers it, without any content."""

from flask import Blueprint, Response
from flask_babel import format_timedelta

from web import fragments
from web.auth import current_actor
from web.context import kb

pages = Blueprint("service", __name__)


@pages.get("/admin/service")
def show() -> Response:
    attempts = kb.backups.list(current_actor())
    state = kb.backups.state()
    return fragments.render(
        "service/show.html",
        index=kb.index.status(),
        work=kb.health.workload(),
        backups=state,
        age=format_timedelta(kb.now() - state.last_good_at) if state.last_good_at else "",
        attempts=attempts,
    )
