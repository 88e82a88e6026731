"""Headers, cookies, forgery protection and request limits of every answer; who may do what is not decided here."""

from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Flask, Request, Response, abort, request
from flask_wtf.csrf import CSRFProtect

from kb_service.config import Settings
from web.auth import known_actor
from web.context import kb

csrf = CSRFProtect()

MB = 1024 * 1024
BODY_LIMIT = 2 * MB
BODY_LIMITS: Mapping[str, int] = {
    "imports.upload": 101 * MB,
    "search.results": 12 * MB,
    "lexicon.take": 17 * MB,
    "reports.file": 42 * MB,
    "candidates.create": 42 * MB,
    "candidates.save": 42 * MB,
}
"""Bytes a request to an endpoint may bring; all others `BODY_LIMIT`."""

ADDRESS_LIMIT = 6000
"""Bytes of path and query; below gunicorn's limit of a request line, so that a page can say it."""

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class StreamingRequest(Request):
    """A request whose files go to the home folder while they arrive, not to the temp folder shared with others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving = ExitStack()

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return self._arriving.enter_context(SpooledTemporaryFile(max_size=MB, dir=str(kb.settings.home)))

    def close(self) -> None:
        """Also what arrived before the request was refused."""
        self._arriving.close()
        super().close()


def init_app(app: Flask, settings: Settings) -> None:
    secure = settings.public_url.startswith("https://")
    app.request_class = StreamingRequest
    app.config.update(
        SECRET_KEY=settings.signing_key(),
        SESSION_COOKIE_NAME="__Host-kb" if secure else "kb",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=1000,
    )
    app.before_request(_limit)
    csrf.init_app(app)
    app.after_request(_add_headers)
    if secure:
        app.after_request(_add_transport_security)


def _limit() -> None:
    """Before anything reads the body. A form field may be as large as the whole body of its endpoint."""
    if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > ADDRESS_LIMIT:
        abort(414)
    allowed = BODY_LIMITS.get(request.endpoint or "", BODY_LIMIT)
    request.max_content_length = allowed
    request.max_form_memory_size = allowed


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store" if known_actor().signed_in else "private, no-cache")
    return response


def _add_transport_security(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
