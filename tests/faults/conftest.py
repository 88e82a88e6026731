"""The ground of the faults, on each of the pairs of database and engine that are promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.victims import free_port
from kb_service.config import Settings
from tests import profiles
from tests.faults import ground as grounds
from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch
from tests.profiles import PROFILES, Profile

SECONDS = 4.0
"""Time of one search: more than by default, since here is not measured how fast a machine is."""


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Iterator[Profile]:
    with profiles.opened(request.param) as profile:
        yield profile


@pytest.fixture
def cluster(elasticsearch_hosts: str) -> Iterator[Elasticsearch]:
    """The cluster, whole again afterwards whatever was done to it."""
    cluster = Elasticsearch(elasticsearch_hosts)
    yield cluster
    cluster.mend()
    cluster.whole()


@pytest.fixture
def ground(profile: Profile, tmp_path: Path) -> Iterator[Ground]:
    """A base on the profile; a test that needs but one of them says `parametrize("profile", […], indirect=True)`."""
    settings = Settings(
        home=tmp_path / "home", port=free_port(), database=profile.database, index=profile.index, index_seconds=SECONDS
    )
    with grounds.ground(settings) as here:
        yield here
