"""What readers choose for themselves: the language of the pages; signing in is web/accounts'."""

import re

from flask import Blueprint, redirect, request, session, url_for
from werkzeug.wrappers import Response

from web.i18n import LANGUAGES

pages = Blueprint("account", __name__)


@pages.post("/language")
def language() -> Response:
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(local_path(request.form.get("next", "")), 303)


def local_path(told: str) -> str:
    """`told` when it is a path on this very site, the home page otherwise."""
    return told if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", told) else url_for("search.home")
