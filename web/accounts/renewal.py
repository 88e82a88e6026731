"""Accounts as something that lies beside the base: what a backup of the base takes along, and what a restore ends."""

from sqlalchemy import delete, update

from kb_service.store import versions
from kb_service.store.snapshots import Beside
from web.accounts import store
from web.accounts.models import AccountsBase, AccountSession, AccountToken


def accounts() -> Beside:
    """What backups and restores have to know about accounts."""
    needed = {store.VERSION_TABLE: versions.needed(store.MIGRATIONS)}
    return Beside(AccountsBase.metadata, needed, store.upgrade, end_what_is_open)


def end_what_is_open(url: str) -> None:
    """End every session and revoke every token: who held them then may not be who does now. Passwords stay."""
    with store.opened(url) as opened, opened.begin() as session:
        session.execute(delete(AccountSession))
        session.execute(update(AccountToken).where(AccountToken.revoked_at.is_(None)).values(revoked_at=opened.now()))
