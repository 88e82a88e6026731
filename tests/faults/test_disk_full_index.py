"""Fault: the disk with the index on it is full; the database lies on another."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults import ground as grounds
from tests.faults.disks import Disk
from tests.faults.ground import TIMES, Ground
from tests.profiles import Profile

MEGABYTES = 32
REFUSED = 10
"""Exit code of what cannot be done just now."""

pytestmark = pytest.mark.parametrize("profile", ["tantivy", "whoosh"], indirect=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with disks.small(tmp_path / "disk", MEGABYTES) as disk:
        yield disk


@pytest.fixture
def ground(profile: Profile, disk: Disk, tmp_path: Path) -> Iterator[Ground]:
    elsewhere = replace(profile, index=f"{profile.name}:{disk.folder / 'index'}")
    with grounds.ground(elsewhere, tmp_path / "home") as here:
        yield here


def test_people_write_and_search_on_and_the_index_catches_up(ground: Ground, disk: Disk) -> None:
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(5)
            disk.fill()
            ground.written(20)
            assert ground.start("index", "rebuild").wait(grounds.PATIENCE) == REFUSED, ground.log()
            assert "磁盘空间" in ground.log()
            disk.clear()
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    assert {status for _, status in ground.ledger.statuses} <= {200, 201}
