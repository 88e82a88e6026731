"""Who a request comes from, and how that begins and ends: Flask-Security on the accounts, without its pages."""

from typing import cast

from flask import Flask, current_app, g, request, session
from sqlalchemy import select
from sqlalchemy.orm import scoped_session, sessionmaker

from kb_service.errors import Unavailable
from kb_service.store import audit
from kb_service.store.faults import translated
from web import logs
from web.accounts import credentials, passwords, sessions, tokens
from web.accounts.models import Account
from web.accounts.store import Store

_SESSION = "account"


def init_app(app: Flask, store: Store) -> None:
    from flask_security import Security, SQLAlchemySessionUserDatastore

    class Accounts(SQLAlchemySessionUserDatastore):
        """Accounts looked up in a transaction of their own: one kept open would cost a connection for each request."""

        def find_user(self, case_insensitive: bool = False, **named: str) -> Account | None:
            with store.read() as looking:
                return looking.scalar(select(Account).filter_by(**named))

    app.config.update(
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
        SECURITY_PASSWORD_LENGTH_MIN=passwords.SHORTEST,
        SESSION_PROTECTION=None,
    )
    loaded = scoped_session(sessionmaker(store.database.engine))
    app.teardown_appcontext(lambda _: loaded.remove())
    datastore = Accounts(loaded, Account, None)  # type: ignore[arg-type]  # roles are not its business
    json = app.json
    security = Security(app, datastore, register_blueprint=False)
    app.json = json  # Flask-Security puts one of its own in its place
    security.login_manager.request_loader(lambda _: None)
    app.extensions["accounts"] = store
    app.before_request(_tell_the_audit)
    app.teardown_request(_leave_the_audit)


def store() -> Store:
    return cast(Store, current_app.extensions["accounts"])


def person_id_of_request() -> int | None:
    """The person whose session this request belongs to; None when it is over or the person disabled.

    Raises Unavailable; for the rest of the request, and the page that says it, nobody is signed in then.
    """
    from flask_security import current_user

    secret = session.get(_SESSION)
    try:
        with translated():  # Flask-Security asks the database by itself
            if not isinstance(secret, str) or not current_user.is_authenticated:
                return None
        person_id = sessions.person_id_of(store(), secret)
    except Unavailable:
        # Flask-Login would ask again for every template
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
        raise
    return person_id if person_id == current_user.person_id else None


def person_id_of_token(bearer: str) -> int | None:
    """The person a token stands for; None when it is unknown, over or revoked, or the person disabled."""
    return tokens.owner_of(store(), bearer)


def bearer() -> str | None:
    """The token the request comes with, None when it comes with none."""
    told = request.authorization
    return (told.token or "") if told and told.type == "bearer" else None


def identify() -> int | None:
    """Who asks: programs come to the API with a token and never with a session, people to the pages with a session."""
    if not request.path.startswith("/api/"):
        return person_id_of_request()
    token = bearer()
    return None if token is None else person_id_of_token(token)


def sign_in(username: str, password: str) -> bool:
    """Whether these are right; then a new session begins. Raises throttle.TooManyFailures."""
    account = credentials.check(store(), username, password, request.remote_addr or "")
    current_app.logger.info("sign-in %s", "accepted" if account else "refused")
    if account is None:
        return False
    _begin(account)
    return True


def sign_out() -> None:
    """Ends the session on our side too: a copy of the cookie is worth nothing afterwards."""
    from flask_security import logout_user

    secret = session.get(_SESSION)
    if isinstance(secret, str):
        sessions.end(store(), secret)
    logout_user()
    session.clear()


def change_password(current: str, new: str) -> bool:
    """Whether `current` is right; then `new` holds and every other session has ended.

    Raises Invalid when `new` breaks a rule, and throttle.TooManyFailures.
    """
    from flask_security import current_user

    person_id: int = current_user.person_id
    if credentials.check(store(), current_user.username, current, request.remote_addr or "") is None:
        return False
    credentials.set_password(store(), person_id, new, actor=None)
    if account := credentials.account_of(store(), person_id):
        _begin(account)
    return True


def _tell_the_audit() -> None:
    """Every audit line written during this request says where it came from."""
    audit.origin.set(audit.Origin(logs.door(), request.remote_addr or "", logs.request_id()))


def _leave_the_audit(_: BaseException | None) -> None:
    audit.origin.set(audit.Origin())


def _begin(account: Account) -> None:
    """What the browser had before is dropped, so that nobody can have planted it; only the language stays."""
    from flask_security import login_user

    language = session.get("language")
    session.clear()
    g.pop("csrf_token", None)
    g.pop("actor", None)
    if language:
        session["language"] = language
    login_user(account, remember=False)
    session[_SESSION] = sessions.start(store(), account.person_id)
