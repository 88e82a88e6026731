"""Every table of the base in one metadata, for migrations and for tests."""

from kb_service.domain import (
    access,
    article,
    attachment,
    backup,
    candidate,
    feedback,
    imports,
    labelled,
    learned,
    lexicon,
    organisation,
    person,
    report,
    system,
)
from kb_service.domain.base import Base
from kb_service.store import audit, outbox

MODULES = (
    access,
    article,
    attachment,
    audit,
    backup,
    candidate,
    feedback,
    imports,
    labelled,
    learned,
    lexicon,
    organisation,
    outbox,
    person,
    report,
    system,
)
"""Imported for the tables they declare."""

__all__ = ["MODULES", "Base"]
