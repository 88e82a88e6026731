"""Who asks: the actor of a request and the pseudonym it is counted under; passwords and sessions are web/accounts'."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, request, session
from werkzeug.wrappers import Response

from kb_service.domain.access import VISITOR, Actor
from kb_service.errors import NotFound
from web.context import kb

Identify = Callable[[], int | None]

SIGN_IN, SIGN_OUT, PASSWORD = "/sign-in", "/sign-out", "/account/password"
"""Where web/accounts answers."""

_OPEN_ENDPOINTS = {"static", "health.healthz", "health.readyz", "metrics.show", "account.language"}
_OPEN_BLUEPRINTS = {"accounts", "api"}


def init_app(app: Flask) -> None:
    """Nobody is signed in until `identify_by` has named a way to tell."""
    identify_by(app, lambda: None)
    app.before_request(_demand_sign_in)


def identify_by(app: Flask, identify: Identify) -> None:
    """From now on `identify` names the person of a request, None for a visitor; the one joint to web/accounts."""
    app.extensions["kb_identify"] = identify


def current_actor() -> Actor:
    """The actor of this request, found once; a visitor when nobody is signed in or the person is unknown by now."""
    if "actor" not in g:
        g.actor = VISITOR  # stays so when finding fails, for the page that says it
        g.actor = _find_actor()
    actor: Actor = g.actor
    return actor


def known_actor() -> Actor:
    """The actor as far as this request had to find out: what asked for none shows nothing of anybody's."""
    actor: Actor = g.get("actor", VISITOR)
    return actor


def visitor_key() -> str:
    """A key that counts one person once without naming them; a visitor's lives as long as the session."""
    person_id = current_actor().person_id
    if person_id is None:
        key: str = session.setdefault("visitor", secrets.token_urlsafe(12))
        return key
    return hmac.new(_secret(), f"person {person_id}".encode(), hashlib.sha256).hexdigest()[:24]


def sign_in_address() -> str:
    """The sign-in page that leads back to where the reader is."""
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return f"{SIGN_IN}?{urlencode({'next': back})}"


def _find_actor() -> Actor:
    person_id = current_app.extensions["kb_identify"]()
    if person_id is None:
        return kb.people.visitor()
    try:
        return kb.people.actor(person_id)
    except NotFound:
        return kb.people.visitor()


def _secret() -> bytes:
    key = current_app.secret_key
    return key if isinstance(key, bytes) else str(key).encode()


def _demand_sign_in() -> Response | None:
    """Where visitors are not let in, every page but the doors themselves leads to the sign-in page."""
    if current_app.config["KB_ANONYMOUS"] or current_actor().signed_in or _open_to_all():
        return None
    return redirect(sign_in_address())


def _open_to_all() -> bool:
    return request.endpoint in _OPEN_ENDPOINTS or request.blueprint in _OPEN_BLUEPRINTS
