"""What a refusal looks like from outside: one table from error class to status, a page or problem+json for each."""

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify, redirect, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from kb_service import errors as kb_errors
from web import fragments, i18n, labels
from web.auth import current_actor, sign_in_address

STATUS: Mapping[type[kb_errors.KBError], int] = {
    kb_errors.NotFound: 404,
    kb_errors.Invalid: 422,
    kb_errors.Denied: 403,
    kb_errors.Conflict: 409,
    kb_errors.Unavailable: 503,
    kb_errors.KBError: 500,
}
_RETRY_SECONDS = "5"


def init_app(app: Flask) -> None:
    app.register_error_handler(kb_errors.KBError, refuse)
    app.register_error_handler(CSRFError, _refuse_forgery)
    app.register_error_handler(HTTPException, _refuse_request)
    app.register_error_handler(OSError, _refuse_full)
    app.register_error_handler(Exception, _confess)


def status_of(error: kb_errors.KBError) -> int:
    """The status of the nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def sentence_of(error: kb_errors.KBError) -> str:
    """What happened, in the reader's language: the error's own sentence, or in another one that of its code."""
    known = labels.label("error", error.code)
    return error.message if i18n.in_chinese() or known == error.code else known


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem details body as of RFC 9457; `code` is stable, `detail` is for people."""
    response = jsonify(type="about:blank", status=status, code=code, title=code, detail=detail, **more)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def refuse(error: kb_errors.KBError) -> AnyResponse:
    """What the base refused, as a page or as problem+json; a visitor who lacks a right is led to the sign-in page."""
    if _is_api():
        return _soon(problem(status_of(error), error.code, sentence_of(error), **_plain(error.detail)))
    if status_of(error) == 403 and request.method == "GET" and not current_actor().signed_in:
        return redirect(sign_in_address())
    return refused(error)


def refused(error: kb_errors.KBError, page: str = "error.html", fragment: str = "_error.html", **more: Any) -> Response:
    """A page that says what the base refused; `more` is for a template of its own."""
    status = status_of(error)
    told = {"code": error.code, "sentence": sentence_of(error), "detail": error.detail, "number": status}
    return _soon(fragments.render(page, fragment, status=status, **told, **more))


def _soon(response: Response) -> Response:
    """What does not answer now is worth another try."""
    if response.status_code == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _refuse_forgery(error: CSRFError) -> AnyResponse:
    sentence = gettext("页面放置太久或来自别处，这次提交没有执行，什么都没有改变。")
    return problem(400, "csrf", sentence) if _is_api() else _page(400, "csrf", sentence)


def _refuse_request(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    sentence = labels.label("status", str(status))
    response = problem(status, f"http_{status}", sentence) if _is_api() else _page(status, f"http_{status}", sentence)
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    response.headers.update(kept)
    return response


def _refuse_full(error: OSError) -> AnyResponse:
    """A full disk is nobody's fault and passes."""
    return refuse(kb_errors.DatabaseFailed()) if error.errno in kb_errors.FULL else _confess(error)


def _confess(error: Exception) -> AnyResponse:
    """Our own fault: logged with its trace, told without it."""
    current_app.logger.error("unexpected error at %r", request.path, exc_info=error)
    sentence = labels.label("status", "500")
    return problem(500, "error", sentence) if _is_api() else _page(500, "error", sentence)


def _page(status: int, code: str, sentence: str, detail: Mapping[str, Any] | None = None) -> Response:
    return fragments.render(
        "error.html", "_error.html", status=status, code=code, sentence=sentence, detail=detail or {}, number=status
    )


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What of an error's detail can be told to machines as it is."""
    return {name: value for name, value in detail.items() if isinstance(value, str | int | float | list | dict)}


def _is_api() -> bool:
    return request.path.startswith("/api/")
