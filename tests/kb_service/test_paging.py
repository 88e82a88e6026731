"""What is read page by page is all of it, once, whatever gaps the numbers have."""

from sqlalchemy import select

from kb_service.bootstrap import KnowledgeBase
from kb_service.domain.organisation import Organisation
from kb_service.store.paging import paged
from tests.base import ORGANISATIONS


def test_every_row_is_told_once_in_the_order_of_its_number(kb: KnowledgeBase) -> None:
    for size in (1, 2, len(ORGANISATIONS), 100):
        pages: list[int] = []

        def told(_: object, rows: list[tuple[int]], pages: list[int] = pages) -> list[int]:
            pages.append(len(rows))
            return [number for (number,) in rows]

        found = list(paged(kb.database, select(Organisation.id), Organisation.id, size, told))
        assert found == sorted(set(found))
        assert len(found) == len(ORGANISATIONS)
        assert max(pages) <= size


def test_pages_without_a_wanted_row_are_no_end(kb: KnowledgeBase) -> None:
    wanted = select(Organisation.id).where(Organisation.name.in_([ORGANISATIONS[0][0], ORGANISATIONS[-1][0]]))
    assert len(list(paged(kb.database, wanted, Organisation.id, 2, lambda _, rows: rows))) == 2
