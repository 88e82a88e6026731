"""Reads what grows with the base page by page, each page in a short transaction of its own."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from kb_service.store.unit_of_work import Database

T = TypeVar("T")


def paged(
    database: Database,
    wanted: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[int],
    size: int,
    made: Callable[..., Iterable[T]],
) -> Iterator[T]:
    """What ``made`` makes of a session and the rows of ``wanted``, for ``size`` numbers of ``key`` at a time.

    One transaction that lasted as long as its reader would keep the database from clearing away what is replaced.
    So what changes meanwhile is told as it is when its turn comes.
    """
    last = 0
    while True:
        with database.read() as session:
            # bounded at both ends, for with a limit instead all that follows would be sorted, page by page
            numbers = select(key.label("number")).where(key > last).order_by(key).limit(size).subquery()
            end = session.scalar(select(func.max(numbers.c.number)))
            page = list(made(session, session.execute(wanted.where(key > last, key <= end)).all())) if end else []
        if not end:
            return
        yield from page
        last = end
