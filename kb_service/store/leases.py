"""Leases: who alone may do something now. A lease ends when its holder lets go, or stops renewing it.

Nobody's wall clock decides: that of one machine may be put back or forward while it holds a lease. PostgreSQL tells its
own time; the processes on a SQLite file are on one machine, which counts the seconds since it was started.
"""

import os
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from indexer.sync import FeedBusy
from kb_service.errors import Unavailable
from kb_service.store.connections import is_postgresql
from kb_service.store.outbox import Lease

if TYPE_CHECKING:
    from kb_service.store.unit_of_work import Database, Tx

LENGTH = timedelta(seconds=8)
"""How long a lease holds without being renewed: another host takes over within ten seconds."""
RENEWAL = 2.0
"""Seconds between two renewals."""
PAUSE = 0.05
"""Seconds between two looks at a lease somebody else holds."""
LONGEST = timedelta(minutes=5)
"""What ends later than this was noted before the machine was started anew, or by another clock."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def held(database: "Database", name: str, wait: float = 0) -> Iterator[None]:
    """Hold the lease ``name`` for the block; a thread renews it. Raises FeedBusy after ``wait`` seconds."""
    holder = _holder()
    _acquire(database, name, holder, wait)
    mine = (Lease.name == name) & (Lease.holder == holder)
    try:
        with _renewed(database, name, mine):
            yield
    finally:
        with suppress(Unavailable), database.begin() as tx:  # it ends by itself, and must not hide how the block ended
            tx.session.execute(delete(Lease).where(mine))


@contextmanager
def kept(database: "Database", name: str) -> Iterator[None]:
    """Keep for the block the lease ``name``, which another process took for this one, as long as nobody drops it."""
    with _renewed(database, name, Lease.name == name):
        yield


def is_held(session: Session, name: str) -> bool:
    """Whether anybody holds the lease."""
    return bool(held_of(session, (name,)))


def held_of(session: Session, names: Collection[str]) -> set[str]:
    """Those of the leases that anybody holds."""
    found = session.scalars(select(Lease).where(Lease.name.in_(names))).all()
    now = _now(session) if found else EPOCH
    return {lease.name for lease in found if _is_alive(lease, now)}


def take(tx: "Tx", name: str, length: timedelta = LENGTH, holder: str = "") -> bool:
    """Hold the lease from now on, unless somebody holds it: this process, if no holder is told, and nobody renews it
    but ``prolong`` and ``kept``.
    """
    tx.alone("lease")
    lease = tx.session.get(Lease, name, populate_existing=True, with_for_update=True)
    now = _now(tx.session)
    if lease is not None and _is_alive(lease, now):
        return False
    lease = lease or tx.add(Lease(name=name))
    lease.holder, lease.until = holder or _holder(), now + length
    tx.session.flush()
    return True


def prolong(session: Session, name: str, length: timedelta) -> None:
    """Whoever holds the lease holds it for so long from now."""
    session.execute(update(Lease).where(Lease.name == name).values(until=_now(session) + length))


def drop(session: Session, name: str) -> None:
    """Nobody holds the lease any more."""
    session.execute(delete(Lease).where(Lease.name == name))


def _now(session: Session) -> datetime:
    """The moment of the clock that all who come to this database share."""
    if is_postgresql(session.get_bind()):
        told: datetime = session.scalars(select(func.clock_timestamp())).one()
        return told.astimezone(UTC)
    return EPOCH + timedelta(seconds=time.monotonic())


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
        return take(tx, name, holder=holder)


def _is_alive(lease: Lease, now: datetime) -> bool:
    """A holder on this machine that no longer runs does not make others wait for the lease to end."""
    host, pid, *_ = lease.holder.split(":")
    if host == socket.gethostname() and not _runs(int(pid)):
        return False
    return now < lease.until <= now + LONGEST


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _renewed(database: "Database", name: str, which: ColumnElement[bool]) -> Iterator[None]:
    """A thread renews the lease while the block runs."""
    over = threading.Event()
    keeper = threading.Thread(target=_renew, args=(database, which, over), name=f"lease-{name}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _renew(database: "Database", which: ColumnElement[bool], over: threading.Event) -> None:
    while not over.wait(RENEWAL):
        with suppress(Unavailable), database.begin() as tx:
            renewed = tx.session.execute(update(Lease).where(which).values(until=_now(tx.session) + LENGTH))
            if not renewed.rowcount:  # type: ignore[attr-defined]  # somebody took over, or it was dropped
                return
