"""The language and zone of a request: Chinese unless the reader chose another; the texts are in translations/."""

from flask import Flask, request, session
from flask_babel import Babel, get_locale

LANGUAGES = {"zh-CN": "zh_Hans_CN", "en": "en"}
"""What `lang` says to the browser, and the catalogue that goes with it; the first is the language of the msgids."""

DEFAULT = "zh-CN"


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", LANGUAGES[DEFAULT])
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    Babel(app, locale_selector=lambda: LANGUAGES[language()])
    app.context_processor(lambda: {"language": language(), "languages": LANGUAGES})


def language() -> str:
    """The chosen language, else what an API client accepts, else Chinese."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(LANGUAGES, DEFAULT) or DEFAULT
    return DEFAULT


def in_chinese() -> bool:
    """Whether this answer is in the language the base itself speaks."""
    locale = get_locale()
    return locale is None or locale.language == "zh"
