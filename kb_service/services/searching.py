"""Tells what an engine cannot do now as the base tells it: it is being built, or it is away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from indexer.errors import IndexerError, IndexMissing, SchemaMismatch
from kb_service.errors import IndexBuilding, SearchUnavailable

Progress = Callable[[], tuple[int, int] | None]
"""Done and total of a running rebuild, None where there is none."""


@contextmanager
def searching(progress: Progress) -> Iterator[None]:
    """Raises IndexBuilding, with how far it is, or SearchUnavailable for what an engine raises."""
    try:
        yield
    except (IndexMissing, SchemaMismatch) as error:
        done, total = progress() or (0, 0)
        raise IndexBuilding(done=done, total=total) from error
    except IndexerError as error:
        raise SearchUnavailable from error
