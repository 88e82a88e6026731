"""The base of the stories, on each of the pairs of database and engine that are promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_service.bootstrap import KnowledgeBase
from tests import profiles
from tests.base import Clock, base_at, populate
from tests.profiles import PROFILES


@pytest.fixture(params=PROFILES)
def kb(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KnowledgeBase]:
    monkeypatch.setenv("KB_INDEX_REPLICAS", "0")  # no story is about a node that dies
    monkeypatch.setenv("KB_INDEX_SECONDS", "10")  # nor about the speed of a machine
    with (
        profiles.opened(request.param) as place,
        base_at(tmp_path / "home", clock, index=place.index, database=place.database) as kb,
    ):
        populate(kb)
        yield kb
