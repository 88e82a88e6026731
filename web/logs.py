"""Logs: one line for every request and everything that went wrong, for people or machines, without personal data.

Nothing here names a person, an address or what somebody searched for, unless KB_LOG_QUERIES asks for the last.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any

from flask import Flask, Response, g, request

from kb_service.config import Settings
from web import proxies

REQUEST_ID = "X-Request-Id"
SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,39}")
"""What a request may be called by the proxy in front; the audit keeps forty characters."""

MASKS = (
    (re.compile(r"(://[^\s:/@]*):\S*@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic|apikey)\s+[\w.~+/=-]+"), r"\1 ***"),
)
"""Passwords in addresses and tokens in headers: a last net, nobody is meant to log them."""
_SECRETS = ("secret", "password", "api_key", "token")
"""How the names of settings end whose values are never to be seen."""
_LEVELS: Mapping[str, int] = {"text": logging.WARNING, "json": logging.INFO}
"""People at a terminal are told what needs them; machines get every request."""

log = logging.getLogger("web.requests")


def configure(settings: Settings) -> None:
    """From now on all log lines of this process, those of libraries too, go to standard error in the format asked for.

    Called by what runs for long: `kb serve`, `kb worker` and the WSGI application.
    """
    import structlog

    text, level = settings.log == "text", _LEVELS[settings.log]
    shared: Sequence[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=not text, key="timestamp"),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Masking(hidden(settings)),
            _plainly if text else structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)


class Masking:
    """A processor that hides secrets in whatever is about to be written."""

    def __init__(self, values: Iterable[str]) -> None:
        """``values`` are hidden wherever they appear."""
        words = sorted(filter(None, values), key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, words))) if words else None

    def __call__(self, logger: object, method: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
        return {name: self.masked(value) if isinstance(value, str) else value for name, value in line.items()}

    def masked(self, text: str) -> str:
        """The text without secrets."""
        for pattern, instead in MASKS:
            text = pattern.sub(instead, text)
        return self._values.sub("***", text) if self._values else text


def hidden(settings: Settings) -> tuple[str, ...]:
    """The values of settings nobody is to see."""
    told = settings.model_dump()
    return tuple(str(value) for name, value in told.items() if name.endswith(_SECRETS) and value)


def init_app(app: Flask, settings: Settings) -> None:
    """Call it first: what it does at the end of a request is then done last."""
    app.config["KB_LOG_QUERIES"] = settings.log_queries
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_leave)


def request_id() -> str:
    """What this request is called in logs, audit and answer: as the trusted proxy says, else a name made here."""
    if "request_id" not in g:
        told = request.headers.get(REQUEST_ID, "") if request.environ.get(proxies.TRUSTED) else ""
        g.request_id = told if SANE_ID.fullmatch(told) else secrets.token_hex(8)
    name: str = g.request_id
    return name


def door() -> str:
    """By which door a request came: api or page."""
    return "api" if request.path.startswith("/api/") else "page"


def note(**values: Any) -> None:
    """Have the line of this request tell more."""
    g.setdefault("noted", {}).update(values)


def _begin() -> None:
    g.begun = time.perf_counter()
    if log.isEnabledFor(logging.INFO):
        from structlog import contextvars

        contextvars.bind_contextvars(request_id=request_id(), door=door())


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID] = request_id()
    if log.isEnabledFor(logging.INFO):
        log.info("request", extra=_told(response))
    return response


def _leave(_: BaseException | None) -> None:
    """What this thread does next is of another request, or of none."""
    if log.isEnabledFor(logging.INFO):
        from structlog import contextvars

        contextvars.clear_contextvars()


def _told(response: Response) -> dict[str, Any]:
    return {
        "method": request.method,
        "route": str(request.url_rule or ""),
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.begun) * 1000, 1),
        **g.get("noted", {}),
    }


def _plainly(logger: object, method: str, line: MutableMapping[str, Any]) -> str:
    """One line for people, and below it the trace where there is one."""
    at, level, trace = line.pop("timestamp"), line.pop("level"), line.pop("exception", "")
    line.pop("logger", None)
    more = " ".join(f"{name}={value}" for name, value in line.items() if name != "event")
    return "\n".join(filter(None, (f"{at[:19]} {level.upper()} {line['event']} {more}".rstrip(), trace)))
