"""Fault: a backup file was cut off, or changed anywhere, before it is needed."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kb_service.errors import BadArchive
from kb_service.services import restoring
from tests.faults.ground import PATIENCE, TIMES, Ground
from tests.profiles import Profile, opened

OFTEN = 10
"""Torn files of each kind that are looked at, for one that is restored."""
REFUSED = 3
"""Exit code for a file that is not taken."""
THERE_IS_ONE = 9
"""Exit code where there is a base already."""

pytestmark = pytest.mark.parametrize("profile", ["tantivy", "cluster"], indirect=True)


def _cut(whole: bytes) -> bytes:
    return whole[: random.randrange(len(whole))]


def _changed(whole: bytes) -> bytes:
    at = random.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ 1 << random.randrange(8)]) + whole[at + 1 :]


def _lacking_a_piece(whole: bytes) -> bytes:
    at = random.randrange(len(whole) - 512)
    return whole[:at] + whole[at + 512 :]


TEARS: tuple[Callable[[bytes], bytes], ...] = (_cut, _changed, _lacking_a_piece)


def test_a_torn_backup_is_refused_and_leaves_nothing(ground: Ground, profile: Profile, tmp_path: Path) -> None:
    backups, torn = tmp_path / "backups", tmp_path / "torn.tar"
    backups.mkdir()
    ground.serve()
    ground.work()
    with ground.in_use(readers=1):
        ground.written(5)
        assert _ended(ground, "backup", backups) == 0, ground.log()
        (archive,) = backups.iterdir()
        whole = archive.read_bytes()
        with opened(profile.name) as empty:
            new = {"KB_HOME": str(tmp_path / "new"), "KB_DATABASE": empty.database, "KB_INDEX": empty.index}
            for tear in TEARS:
                for _ in range(TIMES * OFTEN):
                    torn.write_bytes(tear(whole))
                    with pytest.raises(BadArchive):
                        restoring.verify(torn)
                assert _ended(ground, "restore", torn, **new) == REFUSED, ground.log()
                assert not any((tmp_path / "new").glob("**/*"))
            assert _ended(ground, "backup", "verify", torn) == REFUSED, ground.log()
            assert _ended(ground, "restore", archive) == THERE_IS_ONE
            assert _ended(ground, "restore", archive, **new) == 0, ground.log()
            assert _ended(ground, "index", "check", **new) == 0, ground.log()
    ground.recovered()
    assert ground.verdict() == [], ground.log()


def _ended(ground: Ground, *words: object, **settings: str) -> int:
    return ground.start(*map(str, words), **settings).wait(PATIENCE)
