"""A demo base, built once for all tests that only look at it."""

from collections.abc import Iterator

import pytest

from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.demo.build import Clock, build, new_home


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    settings = Settings().model_copy(update={"home": tmp_path_factory.mktemp("demo") / "home"})
    with new_home(settings) as fresh:
        clock = Clock()
        base = open_base(fresh, now=clock, create=True)
        build(base, clock)
        base.index.rebuild()
        base.close()
    base = open_base(settings)
    yield base
    base.close()
