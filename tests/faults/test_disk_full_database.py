"""Fault: the disk with the database on it is full; the index lies on another."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults import ground as grounds
from tests.faults.disks import Disk
from tests.faults.ground import TIMES, Ground
from tests.profiles import Profile

MEGABYTES = 64

pytestmark = pytest.mark.parametrize("profile", ["tantivy", "whoosh"], indirect=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with disks.small(tmp_path / "home", MEGABYTES) as disk:
        yield disk


@pytest.fixture
def ground(profile: Profile, disk: Disk, tmp_path: Path) -> Iterator[Ground]:
    elsewhere = replace(profile, index=f"{profile.name}:{tmp_path / 'index'}")
    with grounds.ground(elsewhere, disk.folder) as here:
        yield here


def test_what_cannot_be_kept_is_refused_and_reading_goes_on(ground: Ground, disk: Disk) -> None:
    ground.serve()
    ground.work()
    with ground.in_use():
        for _ in range(TIMES):
            ground.written(5)
            disk.fill()
            ground.refused("磁盘已满")
            disk.clear()
        ground.written(5)
    ground.recovered()
    assert ground.verdict() == [], ground.log()
    refused = {door for door, status in ground.ledger.statuses if status not in (200, 201)}
    assert refused <= {"file"}, ground.ledger.said
