"""A demo base of one's own, served by a process of its own on a free port."""

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KB = (sys.executable, "-c", "from web.cli import main; main()")
STARTED = re.compile(r"http://127\.0\.0\.1:\d+")
PLACES = {"KB_DATABASE", "KB_INDEX", "KB_INDEX_SECONDS"}
"""Where the base lies, if not in its home folder."""
PATIENCE = 120
"""Seconds a server may take to answer on a busy machine."""


def build(home: Path) -> Path:
    """A demo base in ``home``, built by the first process that asks; the others wait for it."""
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            command = [*KB, "demo", "--build-only"]
            subprocess.run(command, cwd=ROOT, env=_settings(home), check=True, capture_output=True)
    return home


def grow(home: Path, database: str, index: str) -> None:
    """The base in ``home`` moves to another database and another engine, as an administrator would do it."""
    settings = _settings(home)
    grown = settings | {"KB_DATABASE": database, "KB_INDEX": index}
    copy, rebuild = ("db", "copy", f"sqlite:///{home}/kb.sqlite", database), ("index", "rebuild")
    subprocess.run([*KB, *copy], cwd=ROOT, env=settings, check=True, capture_output=True)
    subprocess.run([*KB, *rebuild], cwd=ROOT, env=grown, check=True, capture_output=True)
    (home / "kb.sqlite").unlink()  # nothing is read from it any more


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """The address at which the base in ``home`` is served; port 0 lets the system choose a free one."""
    log = home.with_suffix(".log")
    with log.open("w") as output:
        server = subprocess.Popen([*KB, "serve"], cwd=ROOT, env=_settings(home), stdout=output, stderr=output)
        try:
            yield _address(server, log)
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _settings(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KB_") or name in PLACES}
    return inherited | {"KB_HOME": str(home), "KB_PORT": "0", "PYTHONUNBUFFERED": "1"}


def _address(server: "subprocess.Popen[bytes]", log: Path) -> str:
    """What the server says when it is ready. Raises AssertionError with its last words when it ends first."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        if told := STARTED.search(log.read_text()):
            return told[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())
