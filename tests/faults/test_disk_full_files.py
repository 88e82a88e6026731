"""Fault: the disk for attachments and uploads is full; database and index lie on others."""

import random
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from kb_service.results import ImportView
from tests.faults import disks
from tests.faults import ground as grounds
from tests.faults.disks import Disk
from tests.faults.ground import Ground
from tests.faults.imports import begun, now
from tests.profiles import Profile

MEGABYTES = 16
PICTURE = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(1 << 20)
PAGE = "# 证书工具怎样打开\n\n见图：\n\n![窗口](picture.png)\n"
UNREADABLE = 13
"""Exit code for a file that cannot be read or written."""

pytestmark = pytest.mark.parametrize("profile", ["tantivy", "cluster"], indirect=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with disks.small(tmp_path / "home", MEGABYTES) as disk:
        yield disk


@pytest.fixture
def ground(profile: Profile, disk: Disk, tmp_path: Path) -> Iterator[Ground]:
    with grounds.ground(profile.at(tmp_path), disk.folder) as here:
        yield here


def test_an_import_waits_for_room_and_goes_on(ground: Ground, disk: Disk, tmp_path: Path) -> None:
    ground.serve()
    view = begun(ground, _pages(tmp_path), kind="article")
    disk.fill()
    with ground.in_use():
        ground.work()
        ground.written(10)
        assert ground.start("import", str(_pages(tmp_path)), "--kind", "article").wait(grounds.PATIENCE) == UNREADABLE
        assert "No space left" in ground.log()
        assert _sent(ground, _pages(tmp_path)) == 503
        assert _state(ground, view) == "running", ground.log()
        assert len(list((disk.folder / "imports").glob("*/pages.zip"))) == 1
        disk.clear()
        ground.until(lambda: _state(ground, view) == "done", "the import goes on")
    ground.recovered()
    assert {status for _, status in ground.ledger.statuses} <= {200, 201}, ground.ledger.said
    assert now(ground, view).counts.created == 1
    assert [path.read_bytes() for path in (disk.folder / "attachments").glob("*/*")] == [PICTURE]
    assert ground.verdict() == [], ground.log()


def _pages(folder: Path) -> Path:
    path = folder / "pages.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("page.md", PAGE)
        archive.writestr("picture.png", PICTURE)
    return path


def _sent(ground: Ground, path: Path) -> int:
    """The status of sending the file to the API."""
    boundary, body = encode_multipart({"kind": "article", "file": FileStorage(BytesIO(path.read_bytes()), path.name)})
    return ground.ask("/api/v1/imports", body, token=True, media=f"multipart/form-data; boundary={boundary}")[0]


def _state(ground: Ground, view: ImportView) -> str:
    return now(ground, view).state
