"""Sessions kept in the database: they end by idleness, by age, by signing out and with the password they began with."""

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from kb_service.errors import DatabaseBusy
from web.accounts.models import AccountSession
from web.accounts.store import Store, record

IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)
_NOTED_EVERY = timedelta(minutes=1)


def start(store: Store, person_id: int) -> str:
    """Opens a session and gives the secret that names it; clears away what is over."""
    secret, now = secrets.token_urlsafe(32), store.now()
    over = or_(AccountSession.seen_at <= now - IDLE, AccountSession.started_at <= now - ABSOLUTE)
    with store.begin() as session:
        session.execute(delete(AccountSession).where(over))
        session.add(AccountSession(digest=_digest(secret), person_id=person_id, started_at=now, seen_at=now))
        record(session, "sign_in", person_id, at=now)
    return secret


def person_id_of(store: Store, secret: str) -> int | None:
    """Whose session this is, None when it is over; notes at most once a minute that it was used."""
    now = store.now()
    with store.read() as session:
        row = session.get(AccountSession, _digest(secret))
    if row is None or row.seen_at <= now - IDLE or row.started_at <= now - ABSOLUTE:
        return None
    if row.seen_at <= now - _NOTED_EVERY:
        _note(store, row.digest)
    return row.person_id


def end(store: Store, secret: str) -> None:
    """The session is over, for whoever holds its secret."""
    with store.begin() as session:
        row = session.get(AccountSession, _digest(secret))
        if row is not None:
            session.delete(row)
            record(session, "sign_out", row.person_id, at=store.now())


def end_all(session: Session, person_id: int) -> None:
    """Ends every session of a person within the caller's transaction."""
    session.execute(delete(AccountSession).where(AccountSession.person_id == person_id))


def _note(store: Store, digest: str) -> None:
    """A request is not worth failing over this: while the database is busy the session just counts as idle."""
    with suppress(DatabaseBusy), store.begin() as session:
        session.execute(update(AccountSession).where(AccountSession.digest == digest).values(seen_at=store.now()))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
