"""Accounts: how persons of the base prove who they are, by password and session or by token; not what they may do."""

from typing import TYPE_CHECKING

from web.accounts.credentials import set_password
from web.accounts.identity import person_id_of_request, person_id_of_token
from web.accounts.models import AccountsBase
from web.accounts.store import Store, is_current, open_store, upgrade
from web.accounts.tokens import TokenView, add_token, list_tokens, revoke_token

if TYPE_CHECKING:
    from flask import Flask

    from kb_service.bootstrap import KnowledgeBase

__all__ = [
    "AccountsBase",
    "Store",
    "TokenView",
    "add_token",
    "install",
    "is_current",
    "list_tokens",
    "open_store",
    "person_id_of_request",
    "person_id_of_token",
    "revoke_token",
    "set_password",
    "upgrade",
]


def install(app: "Flask", kb: "KnowledgeBase") -> None:
    """Lets persons sign in to `app` and programs come with tokens; call it after the forgery protection.

    Base and accounts share connections, and the queue of those who write.
    """
    from web import auth
    from web.accounts import identity, pages

    identity.init_app(app, Store(kb.database, kb.now))
    app.register_blueprint(pages.pages)
    auth.identify_by(app, identity.identify)
