"""Whether the process lives and whether it can answer searches; for machines, without details."""

from flask import Blueprint, Response, jsonify

from kb_service.errors import Unavailable
from web.context import kb

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@pages.get("/readyz")
def readyz() -> Response:
    try:
        status = kb.index.status()
    except Unavailable as refusal:
        return _ready(refusal.code, None)
    return _ready(status.state.partition(":")[0], status.progress)


def _ready(state: str, progress: tuple[int, int] | None) -> Response:
    response = jsonify(status=state, progress=progress)
    response.status_code = 200 if state == "ready" else 503
    return response


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
