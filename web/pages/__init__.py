"""The pages people read and write on: one module per noun, each view parsing, calling one use case and rendering."""

from flask import Flask


def init_app(app: Flask) -> None:
    from web.pages import (
        account,
        articles,
        attachments,
        candidates,
        evaluation,
        health,
        imports,
        lexicon,
        metrics,
        reports,
        reviews,
        search,
        service,
        why,
    )

    for module in (
        search,
        articles,
        reports,
        imports,
        candidates,
        reviews,
        evaluation,
        lexicon,
        why,
        service,
        attachments,
        account,
        health,
        metrics,
    ):
        app.register_blueprint(module.pages)
