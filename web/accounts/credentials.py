"""A person's account: setting its password, and checking the one somebody gives; needs no web application."""

import secrets

from sqlalchemy import select

from kb_service.domain.access import LOCAL, Actor
from kb_service.domain.person import Person
from kb_service.errors import NotFound
from web.accounts import passwords, sessions, throttle
from web.accounts.models import Account
from web.accounts.store import Store, opened, record


def set_password(where: str | Store, person_id: int, password: str, *, actor: Actor | None = LOCAL) -> None:
    """Gives a person this password, making the account where there is none, and ends all sessions of that person.

    ``actor`` is who does it, None for the person. Raises NotFound, and Invalid with a sentence under the field
    ``new`` when the password breaks a rule.
    """
    with opened(where) as store:
        with store.read() as session:
            username = session.scalar(select(Person.username).where(Person.id == person_id))
        if username is None:
            raise NotFound
        passwords.demand(password, username)
        stored, now = passwords.digest(password), store.now()
        with store.begin() as session:
            session.merge(
                Account(person_id=person_id, password=stored, fs_uniquifier=secrets.token_hex(32), changed_at=now)
            )
            sessions.end_all(session, person_id)
            record(session, "set_password", person_id, actor=actor, at=now)


def check(store: Store, username: str, password: str, address: str) -> Account | None:
    """The account these belong to; None for every other case, after the same time and without saying which.

    Raises throttle.TooManyFailures.
    """
    attempt = throttle.begin(store, username, address)
    by_username = select(Account).join(Person, Person.id == Account.person_id).where(Person.username == username)
    with store.read() as session:
        account: Account | None = session.scalar(by_username)
    right = passwords.matches(account.password if account else None, password)
    if not (right and attempt.admitted and account and account.active):
        return None
    throttle.succeed(store, attempt)
    return account


def account_of(store: Store, person_id: int) -> Account | None:
    with store.read() as session:
        return session.get(Account, person_id)
