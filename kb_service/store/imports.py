"""Queries on imports and their refusals."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, delete, false, func, insert, select, true
from sqlalchemy.orm import Session

from kb_service.domain.access import Actor
from kb_service.domain.imports import Import, ImportRefusal
from kb_service.errors import NotFound
from kb_service.inputs import Refusal
from kb_service.results import RefusalView

STREAM = 500


def visible(actor: Actor) -> ColumnElement[bool]:
    """One's own imports; for reviewers also those of the people of their subtree."""
    if actor.is_local:
        return true()
    if not actor.signed_in:
        return false()
    places = [path for role, path in actor.grants if role in ("reviewer", "group_head")]
    condition: ColumnElement[bool] = Import.owner_id == actor.person_id
    for place in places:
        condition = condition | ((Import.kind == "article") & Import.place.startswith(place))
    return condition


def get(session: Session, actor: Actor, import_id: int) -> Import:
    """The import as far as the actor sees it. Raises NotFound."""
    found = session.scalar(select(Import).where(Import.id == import_id, visible(actor)))
    if found is None:
        raise NotFound
    return found


def locked(session: Session, import_id: int) -> Import:
    """An import that nobody else changes until the transaction ends: its counts grow by what they are now."""
    return session.get_one(Import, import_id, with_for_update=True)


def page(session: Session, actor: Actor, *, offset: int, limit: int) -> tuple[list[Import], int]:
    """Imports the actor sees, newest first, and how many there are."""
    wanted = select(Import).where(visible(actor))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    return list(session.scalars(wanted.order_by(Import.id.desc()).offset(offset).limit(limit))), total


def refusals(session: Session, import_id: int) -> Iterator[RefusalView]:
    """The refused rows in the order of the file, streamed."""
    wanted = select(ImportRefusal).where(ImportRefusal.import_id == import_id).order_by(ImportRefusal.id)
    for one in session.scalars(wanted.execution_options(yield_per=STREAM)):
        yield RefusalView(one.source, one.place, one.reason, one.message, one.cells)


def forget_refusals(session: Session, import_id: int) -> None:
    """A new run begins with none."""
    session.execute(delete(ImportRefusal).where(ImportRefusal.import_id == import_id))


def keep_refusals(session: Session, import_id: int, refused: Sequence[Refusal]) -> None:
    rows = [
        {
            "import_id": import_id,
            "source": one.source,
            "place": one.place,
            "reason": one.reason,
            "message": one.message,
            "cells": dict(one.cells),
        }
        for one in refused
    ]
    if rows:
        session.execute(insert(ImportRefusal), rows)
