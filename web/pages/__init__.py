"""The pages people read and write on: one module per noun, each view parsing, calling one use case and rendering."""

from flask import Flask


def init_app(app: Flask) -> None:
    from web.pages import account, articles, attachments, candidates, health, imports, reports, reviews, search

    for module in (search, articles, reports, imports, candidates, reviews, attachments, account, health):
        app.register_blueprint(module.pages)
