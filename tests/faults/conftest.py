"""The ground of the faults, on each of the pairs of database and engine that are promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import profiles
from tests.faults import ground as grounds
from tests.faults.ground import Ground
from tests.faults.machines import Elasticsearch
from tests.profiles import PROFILES, Profile


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
    with grounds.ground(profile, tmp_path / "home") as here:
        yield here
