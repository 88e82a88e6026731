"""How often one person, or one address without a person, may ask; counted in this process, refused with 429.

A base without a public address answers this machine alone and is not limited.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, request
from werkzeug.exceptions import TooManyRequests

from kb_service.config import Settings
from web.auth import current_actor


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds on average, ``burst`` of them at once."""

    requests: int
    seconds: int
    burst: int


RATES: Mapping[str, Rate] = {
    "search": Rate(120, 60, 30),
    "suggest": Rate(600, 60, 60),
    "view": Rate(120, 60, 60),
    "write": Rate(30, 60, 30),
    "upload": Rate(60, 3600, 10),
    "api": Rate(60, 60, 30),
    "visitor": Rate(60, 60, 30),
}
"""By what is asked; a visitor has one rate, by address, for everything but what is asked while typing."""

SUGGESTING = ("search.suggest", "api.search_suggest")
SEARCHING = ("candidates.nearest", "why.show")
"""They search too, the first of them while somebody writes."""
UPLOADS = ("imports.upload",)
FREE = ("static", "health.healthz", "health.readyz", "metrics.show", "imports.show", "lexicon.status")
"""Never counted: what belongs to every page, what watches the service, and the progress a page asks for by itself."""
REMEMBERED = 10_000


class Buckets:
    """A token bucket for everybody seen lately: full at first, filled at the rate, one token a request."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, who: str, what: str) -> float:
        """Take one token; 0, or the seconds until there is one."""
        rate = RATES[what]
        pace = rate.requests / rate.seconds
        with self._lock:
            now = self._now()
            level, since = self._levels.pop((who, what), (float(rate.burst), now))
            level = min(float(rate.burst), level + (now - since) * pace)
            self._levels[who, what] = (level - 1 if level >= 1 else level, now)
            if len(self._levels) > REMEMBERED:
                self._levels.popitem(last=False)
        return 0.0 if level >= 1 else (1 - level) / pace


def init_app(app: Flask, settings: Settings) -> None:
    if settings.public_url:
        buckets = Buckets()
        app.before_request(lambda: _demand(buckets))


def _demand(buckets: Buckets) -> None:
    """Raises TooManyRequests with the seconds to wait."""
    if request.endpoint in FREE:
        return
    person = current_actor().person_id
    asked = _asked()
    who = str(person) if person else request.remote_addr or ""
    what = asked if person or asked == "suggest" else "visitor"
    if wait := buckets.wait(who, what):
        raise TooManyRequests(retry_after=int(wait) + 1)


def _asked() -> str:
    if request.endpoint in SUGGESTING:
        return "suggest"
    if request.blueprint == "api":
        return "api"
    if request.blueprint == "search" or request.endpoint in SEARCHING:
        return "search"
    if request.endpoint in UPLOADS:
        return "upload"
    return "view" if request.method in ("GET", "HEAD") else "write"
