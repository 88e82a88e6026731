"""Renders a page, or only the part of it that a script asked for; nothing else differs between the two."""

from typing import Any

from flask import Response, make_response, render_template, request


def render(page: str, fragment: str = "", /, *, status: int = 200, **context: Any) -> Response:
    """The `fragment` template for htmx, the `page` for everyone else; with no fragment always the page."""
    response = make_response(render_template(fragment if fragment and wants_fragment() else page, **context), status)
    response.vary.add("HX-Request")
    return response


def wants_fragment() -> bool:
    """Whether htmx asks for a part; when it restores a page of the history it needs the whole."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
