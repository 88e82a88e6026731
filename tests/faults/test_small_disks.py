"""The full disks of the faults stay full for as long as a fault is to last."""

import os
import time
from pathlib import Path

from tests.faults import disks

PATIENCE = 60


def test_a_full_disk_stays_full_though_others_delete_what_they_have_on_it(tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk", 4) as disk:
        others = disk.folder / "others"
        others.write_bytes(bytes(1 << 20))
        disk.fill()
        others.unlink()
        _until_full(disk)
        disk.clear()
        assert _free(disk) > 3 << 20


def _until_full(disk: disks.Disk) -> None:
    end = time.monotonic() + PATIENCE
    while _free(disk):
        assert time.monotonic() < end, f"{_free(disk)} bytes are free"
        time.sleep(0.01)


def _free(disk: disks.Disk) -> int:
    told = os.statvfs(disk.folder)
    return told.f_bavail * told.f_frsize
