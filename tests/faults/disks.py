"""Small disks that can be filled up and emptied again, each a file system of its own in memory."""

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import absent

PIECE = 1 << 12
"""Bytes written at a time: to the last page that is free."""
PAUSE = 0.001
"""Seconds between two looks for what others have freed."""


class Disk:
    """The file system at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        self._over = threading.Event()
        self._keeper: threading.Thread | None = None

    def fill(self) -> None:
        """Until not a byte is left, and so it stays until ``clear``: what others delete meanwhile makes no room."""
        self._over.clear()
        self._take()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def clear(self) -> None:
        """All the room is there again that ``fill`` took."""
        self._over.set()
        if self._keeper:
            self._keeper.join()
        self._ballast.unlink(missing_ok=True)

    def _keep(self) -> None:
        while not self._over.wait(PAUSE):
            self._take()

    def _take(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(PIECE)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


@contextmanager
def small(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk of this size, mounted at ``folder`` for the block."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=700"
    words = ["mount", "-t", "tmpfs", "-o", options, "kb-test", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        absent("no small disk can be mounted here: that takes root and the right to mount")
    disk = Disk(folder)
    try:
        yield disk
    finally:
        disk.clear()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
