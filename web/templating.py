"""What templates may call: labels, addresses, dates, versions of static files; no data and no rule."""

import hashlib
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from flask import Flask, request, url_for
from flask_babel import format_date, format_datetime, get_locale, get_timezone

from kb_service.results import Suggestion
from web import labels, params
from web.auth import PASSWORD, SIGN_OUT, current_actor, sign_in_address

_STATIC = Path(__file__).parent / "static"
_SIZES = ("B", "KB", "MB", "GB")


def init_app(app: Flask) -> None:
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.filters.update(label=lambda code, table: labels.label(table, code), day=day, moment=moment, size=size)
    app.jinja_env.globals.update(
        address=address,
        leads_to=leads_to,
        facet_label=labels.facet_label,
        asset=asset,
        here=here,
        choosing=choosing,
        action_needs=labels.ACTION_NEEDS,
        sign_in_address=sign_in_address,
        sign_out_address=SIGN_OUT,
        password_address=PASSWORD,
    )
    app.context_processor(lambda: {"actor": current_actor()})
    app.url_map.converters.update(number=params.Number, id=params.Id)


def address(number: str, **values: Any) -> str:
    """Where the article or report of this number is read."""
    endpoint = "reports.show" if number.startswith("BG") else "articles.show"
    return url_for(endpoint, number=number, **values)


def leads_to(suggestion: Suggestion) -> str:
    """Where a suggestion leads: to its article, words to what is found for them."""
    if suggestion.kind == "words":
        return url_for("search.results", q=suggestion.text)
    return address(suggestion.number)


def here(**changes: Any) -> str:
    """This page with some parameters changed, None taking one away; the page number goes unless named."""
    values = {name: told for name, told in request.args.lists() if name != "page" and name not in changes}
    for name, value in changes.items():
        if value:
            values[name] = list(value) if isinstance(value, list | tuple) else [value]
    page = url_for("search.home") if request.endpoint is None else quote(request.root_path + request.path)
    return f"{page}?{urlencode(values, doseq=True)}" if values else page


def choosing(name: str, chosen: Collection[str], **changes: Any) -> Callable[[str], str]:
    """What gives, for a value of a facet, this page with it chosen besides ``chosen``, or no longer where it is."""
    page, besides = here(**{**changes, name: None}), here(**{**changes, name: [*chosen]})
    begun = f"{besides}{'&' if '?' in besides else '?'}{name}="

    def link(value: str) -> str:
        if value not in chosen:
            return begun + quote_plus(value)
        others = [one for one in chosen if one != value]
        return f"{page}{'&' if '?' in page else '?'}{urlencode({name: others}, doseq=True)}" if others else page

    return link


def asset(name: str) -> str:
    """A static file under an address that changes with its content, so that browsers may keep it."""
    return _asset(name, request.script_root)


def day(value: str) -> str:
    """An ISO day or instant as text, shown as a day; what is none is shown as it is."""
    return _day(value, get_locale(), get_timezone()) if value else ""


def moment(value: datetime | None) -> str:
    """A point in time, to the minute, in the zone of the installation."""
    return format_datetime(value if value.tzinfo else value.replace(tzinfo=UTC), "yyyy-MM-dd HH:mm") if value else ""


def size(value: int) -> str:
    """A number of bytes with the unit people use."""
    amount, unit = float(value), 0
    while amount >= 1024 and unit < len(_SIZES) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.0f} {_SIZES[unit]}" if unit == 0 or amount >= 10 else f"{amount:.1f} {_SIZES[unit]}"


@lru_cache(maxsize=1_000)
def _day(value: str, _locale: object, _zone: object) -> str:
    """Kept for each language and zone: a page shows the same few days again and again."""
    try:
        shown: str = format_date(datetime.fromisoformat(value), "medium")
    except ValueError:
        return value
    return shown


@lru_cache(maxsize=256)
def _asset(name: str, _root: str) -> str:
    """Kept for each prefix a proxy gives: every icon of a page asks for it."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:10]
