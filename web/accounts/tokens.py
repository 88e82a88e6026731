"""Tokens programs come with: shown once, kept as SHA-256, ended by time, by revoking or with the person's rights."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from kb_service.domain.access import LOCAL
from kb_service.domain.person import Person
from kb_service.errors import Invalid, NotFound
from web.accounts.models import AccountToken
from web.accounts.store import Store, opened, record

_MARK = "kb_"
_PREFIX = 11
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token in a list: never the token itself."""

    prefix: str
    username: str
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def add_token(where: str | Store, person_id: int, *, name: str, days: int = 90) -> str:
    """A new token of a person, to be shown once; it holds for `days` days. Raises NotFound, Invalid."""
    if not 1 <= days <= LONGEST_DAYS:
        sentence = f"令牌的有效期是 1 到 {LONGEST_DAYS} 天。"
        raise Invalid(sentence, problems={"days": sentence})
    token = _MARK + secrets.token_urlsafe(32)
    with opened(where) as store, store.begin() as session:
        now = store.now()
        if session.get(Person, person_id) is None:
            raise NotFound
        session.add(
            AccountToken(
                digest=_digest(token),
                person_id=person_id,
                prefix=token[:_PREFIX],
                name=name[:100],
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
        )
        record(session, "add_token", person_id, actor=LOCAL, at=now)
    return token


def list_tokens(where: str | Store) -> tuple[TokenView, ...]:
    """All tokens, newest first."""
    query = select(AccountToken, Person.username).join(Person, Person.id == AccountToken.person_id)
    with opened(where) as store, store.read() as session:
        rows = session.execute(query.order_by(AccountToken.created_at.desc())).all()
    return tuple(
        TokenView(token.prefix, username, token.name, token.created_at, token.expires_at, token.revoked_at)
        for token, username in rows
    )


def revoke_token(where: str | Store, prefix: str) -> None:
    """From now on the token that begins with `prefix` opens nothing. Raises NotFound."""
    with opened(where) as store, store.begin() as session:
        token = session.scalar(select(AccountToken).where(AccountToken.prefix == prefix[:_PREFIX]))
        if token is None:
            raise NotFound
        token.revoked_at = token.revoked_at or store.now()
        record(session, "revoke_token", token.person_id, actor=LOCAL, at=store.now())


def owner_of(store: Store, bearer: str) -> int | None:
    """Whose token this is; None when it is unknown, over, revoked or its person disabled."""
    holds = AccountToken.revoked_at.is_(None) & (AccountToken.expires_at > store.now()) & Person.active
    query = select(AccountToken.person_id).join(Person, Person.id == AccountToken.person_id)
    with store.read() as session:
        return session.scalar(query.where(AccountToken.digest == _digest(bearer), holds))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
