"""Small disks that can be filled up and emptied again, each a file system of its own in memory."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import absent

PIECE = 1 << 12
"""Bytes written at a time: to the last page that is free."""


class Disk:
    """The file system at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Until not a byte is left."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(PIECE)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def clear(self) -> None:
        """All the room is there again that ``fill`` took."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A disk of this size, mounted at ``folder`` for the block."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=700"
    words = ["mount", "-t", "tmpfs", "-o", options, "kb-test", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        absent("no small disk can be mounted here: that takes root and the right to mount")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
