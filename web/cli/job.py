"""One import in a process of its own, whose memory and crashes are its own: starts it, minds it, and is it."""

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

MEMORY = 1 << 30
"""Bytes of address space."""
PROCESSOR = 600
"""Seconds of processor time."""
STOPPING = 20
"""Seconds a stopped process has to end its transaction."""

TRIES = 2
"""How often a process may die without getting ahead before the import has failed: once is no fault of the file."""
LATER = 75
"""Exit code of a process for which the base could not be written just now, or no room was left."""

BUSY = ("checking", "running")
CRASHED = "导入进程意外退出（{how}）。已导入的内容保留；请拆分文件或检查内存后重新导入。"


class Job:
    """An import that is being checked or run."""

    def __init__(self, base: "KnowledgeBase", import_id: int) -> None:
        """``import_id`` is that of an import the caller has claimed."""
        self._base, self._id = base, import_id
        self._tries = 0
        self._start()

    def ended(self) -> bool:
        """Whether it is over, or can only go on later: then it may be claimed again after a pause.

        A process that died goes on where it stopped, unless it died again and again without getting ahead.
        """
        if (code := self._process.poll()) is None:
            return False
        self._close()
        view = self._base.imports.get(self._base.people.local(), self._id)
        if code == LATER:
            self._base.imports.put_off(self._id)
        if view.state not in BUSY or code == LATER:
            return True
        self._base.imports.starting(self._id)
        self._tries = 1 if view.position > self._position else self._tries + 1
        if self._tries < TRIES:
            self._start()
            return False
        self._base.imports.fail(self._id, "crashed", CRASHED.format(how=_how(code)))
        return True

    def stop(self) -> None:
        """End the process between two batches; whoever takes the import up again goes on there."""
        self._process.terminate()
        try:
            self._process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()
        self._base.imports.release(self._id)

    def _close(self) -> None:
        """Close our end of the pipe, by which the process would know that we are gone."""
        if self._process.stdin:
            self._process.stdin.close()

    def _start(self) -> None:
        self._position = self._base.imports.get(self._base.people.local(), self._id).position
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "web.cli.job", str(self._id)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )


def _how(code: int) -> str:
    return f"信号 {-code}" if code < 0 else f"退出码 {code}"


def main() -> None:
    """Run the import whose id is the argument. The settings are those of the parent."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    threading.Thread(target=_end_with_parent, daemon=True).start()

    from importers import pipeline
    from kb_service.errors import FULL, KBError, Unavailable
    from web import uploads
    from web.cli import base, errors

    import_id = int(sys.argv[1])
    try:
        with base.opened() as opened, opened.imports.kept(import_id), uploads.scratch(opened.settings, import_id):
            pipeline.run(opened, import_id)
    except KBError as error:
        print(f"kb: {errors.sentence(error)}", file=sys.stderr)
        sys.exit(LATER if isinstance(error, Unavailable) else 1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(f"kb: {errors.sentence(error)}", file=sys.stderr)
        sys.exit(LATER)


def _end_with_parent() -> None:
    """Nobody writes to the pipe: reading returns when the other end is gone, and with it whoever minds this process."""
    os.read(0, 1)
    os._exit(1)  # at once, whatever the main thread does; an open transaction is undone as after a kill


if __name__ == "__main__":
    main()
