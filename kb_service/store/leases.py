"""Leases: who alone may do something now. A lease ends when its holder lets go, or stops renewing it."""

import os
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from indexer.sync import FeedBusy
from kb_service.errors import Unavailable
from kb_service.store.outbox import Lease

if TYPE_CHECKING:
    from kb_service.store.unit_of_work import Database

LENGTH = timedelta(seconds=20)
RENEWAL = 5.0
"""Seconds between two renewals."""
PAUSE = 0.05
"""Seconds between two looks at a lease somebody else holds."""


@contextmanager
def held(database: "Database", name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lease ``name`` for the block; a thread renews it. Raises FeedBusy after ``wait`` seconds."""
    holder = _holder()
    _acquire(database, name, holder, wait)
    over = threading.Event()
    keeper = threading.Thread(target=_renew, args=(database, name, holder, over), name=f"lease-{name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        with suppress(Unavailable), database.begin() as tx:  # it ends by itself, and must not hide how the block ended
            tx.session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


def is_held(session: Session, name: str, now: datetime) -> bool:
    """Whether anybody holds the lease."""
    lease = session.get(Lease, name)
    return lease is not None and _is_alive(lease, now)


def held_of(session: Session, names: Collection[str], now: datetime) -> set[str]:
    """Those of the leases that anybody holds."""
    found = session.scalars(select(Lease).where(Lease.name.in_(names)))
    return {lease.name for lease in found if _is_alive(lease, now)}


def put(session: Session, name: str, until: datetime) -> None:
    """This process holds the free lease ``name`` from now on; nobody renews it but ``prolong``."""
    session.merge(Lease(name=name, holder=_holder(), until=until))


def prolong(session: Session, name: str, until: datetime) -> None:
    """Whoever holds the lease holds it longer."""
    session.execute(update(Lease).where(Lease.name == name).values(until=until))


def drop(session: Session, name: str) -> None:
    """Nobody holds the lease any more."""
    session.execute(delete(Lease).where(Lease.name == name))


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}:{time.monotonic_ns()}"


def _acquire(database: "Database", name: str, holder: str, wait: float) -> None:
    end = time.monotonic() + wait
    while not _taken(database, name, holder):
        if time.monotonic() >= end:
            raise FeedBusy(name)
        time.sleep(PAUSE)


def _taken(database: "Database", name: str, holder: str) -> bool:
    with database.begin() as tx:
        lease = tx.session.get(Lease, name)
        if lease is not None and _is_alive(lease, tx.now):
            return False
        tx.session.merge(Lease(name=name, holder=holder, until=tx.now + LENGTH))
        return True


def _is_alive(lease: Lease, now: datetime) -> bool:
    """A holder on this machine that no longer runs does not make others wait for the lease to end."""
    host, pid, *_ = lease.holder.split(":")
    if host == socket.gethostname() and not _runs(int(pid)):
        return False
    return lease.until > now


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _renew(database: "Database", name: str, holder: str, over: threading.Event) -> None:
    while not over.wait(RENEWAL):
        with suppress(Unavailable), database.begin() as tx:
            lease = tx.session.get(Lease, name)
            if lease is None or lease.holder != holder:
                return
            lease.until = tx.now + LENGTH
