"""Whether the process lives and whether it can answer searches; for machines, without details."""

from flask import Blueprint, Response, jsonify

from web.context import kb

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    return jsonify(status="ok")


@pages.get("/readyz")
def readyz() -> Response:
    status = kb.index.status()
    response = jsonify(status=status.state, progress=status.progress)
    response.status_code = 200 if status.state == "ready" else 503
    return response
