"""The figures of the service for whoever watches it; elsewhere this page does not exist."""

from flask import Blueprint, Response, abort

from web import metrics
from web.context import kb

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
def show() -> Response:
    if not metrics.may_read(kb.settings):
        abort(404)
    return metrics.exposition()
