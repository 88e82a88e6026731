"""How often a sign-in may fail: per account and per address, counted in the database so that processes agree."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from web.accounts.models import LoginFailure
from web.accounts.store import Store

PER_ACCOUNT, ACCOUNT_WINDOW = 5, timedelta(minutes=15)
PER_ADDRESS, ADDRESS_WINDOW = 100, timedelta(minutes=1)


class TooManyFailures(TooManyRequests):
    """From this address too many sign-ins failed within a minute."""

    def __init__(self) -> None:
        super().__init__(retry_after=int(ADDRESS_WINDOW.total_seconds()))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way; ``admitted`` is False when the account has had its failures."""

    admitted: bool
    name_digest: str


def begin(store: Store, username: str, address: str) -> Attempt:
    """Counts a sign-in as failed until `succeed` says otherwise, so that tries at the same moment count each other.

    A try that is not admitted is not counted: an account opens again 15 minutes after the failures that closed it.
    Raises TooManyFailures.
    """
    digest = hashlib.sha256(username.casefold().encode("utf-8", "surrogatepass")).hexdigest()
    now = store.now()
    # what lies far ahead was noted before the clock was put back
    over = or_(LoginFailure.at <= now - ACCOUNT_WINDOW, LoginFailure.at > now + ACCOUNT_WINDOW)
    with store.alone("sign_in") as session:
        session.execute(delete(LoginFailure).where(over))
        since = LoginFailure.at > now - ADDRESS_WINDOW
        if _count(session, LoginFailure.address == address, since) >= PER_ADDRESS:
            raise TooManyFailures
        admitted = _count(session, LoginFailure.name_digest == digest) < PER_ACCOUNT
        if admitted:
            session.add(LoginFailure(name_digest=digest, address=address, at=now))
    return Attempt(admitted, digest)


def succeed(store: Store, attempt: Attempt) -> None:
    """The right password was given: the failures of this account are forgotten."""
    with store.begin() as session:
        session.execute(delete(LoginFailure).where(LoginFailure.name_digest == attempt.name_digest))


def _count(session: Session, *conditions: object) -> int:
    count = select(func.count()).select_from(LoginFailure).where(*conditions)  # type: ignore[arg-type]
    return session.scalar(count) or 0
