"""Fault: the disk for backups is full, or the one where they are made ready."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import disks
from tests.faults import ground as grounds
from tests.faults.disks import Disk
from tests.faults.ground import Ground
from tests.profiles import Profile

MEGABYTES = 16
REFUSED = 10
"""Exit code of what cannot be done just now."""

pytestmark = pytest.mark.parametrize("profile", ["tantivy", "cluster"], indirect=True)


@pytest.fixture(params=["home", "backups"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / "backups").mkdir()
    with disks.small(tmp_path / request.param, MEGABYTES) as disk:
        yield disk


@pytest.fixture
def ground(profile: Profile, disk: Disk, tmp_path: Path) -> Iterator[Ground]:
    with grounds.ground(profile.at(tmp_path), tmp_path / "home") as here:
        yield here


def test_a_backup_is_refused_and_those_before_stay_as_they_were(ground: Ground, disk: Disk, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    ground.serve()
    ground.work()
    with ground.in_use(readers=1):
        assert _backed_up(ground, target) == 0, ground.log()
        before = _kept(target)
        disk.fill()
        assert _backed_up(ground, target) == REFUSED, ground.log()
        assert "磁盘已满" in ground.log()
        assert _kept(target) == before
        disk.clear()
        assert _backed_up(ground, target) == 0, ground.log()
    assert len(_kept(target)) == 1 + 1
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def _backed_up(ground: Ground, target: Path) -> int:
    return ground.start("backup", str(target)).wait(grounds.PATIENCE)


def _kept(target: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in target.iterdir() if path.name != "ballast"}
