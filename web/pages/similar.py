"""What lies near a text: an index that cannot answer costs a page this part alone, never the page."""

from collections.abc import Callable
from typing import TypeVar

from kb_service.errors import IndexBuilding, SearchUnavailable

T = TypeVar("T")


def found(find: Callable[[], tuple[T, ...]]) -> tuple[T, ...] | None:
    """What `find` gives, None while the index cannot answer."""
    try:
        return find()
    except (IndexBuilding, SearchUnavailable):
        return None
