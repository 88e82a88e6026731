"""Puts the web application together around an open knowledge base; decides nothing else."""

from typing import TYPE_CHECKING

from flask import Flask

from web import accounts, api, auth, errors, i18n, logs, metrics, pages, proxies, rates, security, templating

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase


def create_app(kb: "KnowledgeBase") -> Flask:
    """The application on `kb`: pages, API and accounts, each by its own `init_app`."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["kb"] = kb
    app.config["KB_ANONYMOUS"] = kb.settings.anonymous
    proxies.init_app(app, kb.settings)
    logs.init_app(app, kb.settings)
    metrics.init_app(app, kb)
    security.init_app(app, kb.settings)
    auth.init_app(app)
    i18n.init_app(app)
    errors.init_app(app)
    templating.init_app(app)
    pages.init_app(app)
    accounts.install(app, kb)
    api.init_app(app)
    rates.init_app(app, kb.settings)
    return app
