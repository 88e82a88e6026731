"""The JSON API under /api/v1: the same use cases as the pages, for programs that come with a token."""

from flask import Flask

PREFIX = "/api/v1"


def init_app(app: Flask) -> None:
    from flask import Blueprint

    from web.api import openapi
    from web.api.table import OPERATIONS
    from web.security import csrf

    api = Blueprint("api", __name__, url_prefix=PREFIX)
    csrf.exempt(api)
    for operation in OPERATIONS:
        api.add_url_rule(operation.rule, operation.name, operation, methods=[operation.method])
    api.add_url_rule("/openapi.json", "openapi", openapi.show, methods=["GET"])
    app.register_blueprint(api)
