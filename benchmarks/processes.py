"""Starts the program in processes of its own and looks at their memory in /proc; Linux only."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import glob
from http.client import HTTPConnection
from pathlib import Path

PATIENCE = 120
PAUSE = 0.02
ROOT = Path(__file__).resolve().parent.parent


def start(home: Path, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """`kb` with these arguments on the base at ``home``, with bytecode caches as an installation has them."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = inherited | {"KB_HOME": str(home), "KB_INDEX": "tantivy:index", "PYTHONPATH": str(ROOT)} | variables
    program = "from web.cli import main; main()"
    return subprocess.Popen([sys.executable, "-c", program, *arguments], env=environment, stdout=subprocess.DEVNULL)


def family(pid: int) -> list[int]:
    """A process and all below it, whichever of its threads started them."""
    found = [pid]
    for one in found:
        for children in glob(f"/proc/{one}/task/*/children"):  # noqa: PTH207 - that of Path minds what ends meanwhile
            with suppress(OSError):  # it ended while we looked
                found += map(int, Path(children).read_text().split())
    return found


def megabytes(pid: int, name: str) -> float:
    """A line of /proc/PID/status such as RssAnon or VmHWM in MB, 0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    told: Mapping[str, str] = dict(line.split(":", 1) for line in lines)
    return int(told[name].split()[0]) / 1024 if name in told else 0.0


def processor(pids: Iterable[int]) -> float:
    """Seconds of processor the processes have taken by now, those of the system for them counted in."""
    return sum(map(_ticks, pids)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """The 14th and 15th field of /proc/PID/stat, see proc(5); the name in the 2nd may hold blanks and brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def peaks(process: subprocess.Popen[bytes]) -> dict[int, float]:
    """Wait for the end; the largest resident memory of each process of the family, in MB."""
    most: dict[int, float] = {}
    while process.poll() is None:
        for pid in family(process.pid):
            most[pid] = max(most.get(pid, 0.0), megabytes(pid, "VmHWM"))
        time.sleep(PAUSE)
    return most


@contextmanager
def serving(home: Path, **variables: str) -> Iterator[tuple[int, int, float]]:
    """`kb serve` with these settings: its process id, its port, and the seconds until it answered.

    Raises TimeoutError when it does not.
    """
    port = free_port()
    begun = time.perf_counter()
    process = start(home, "serve", KB_PORT=str(port), **variables)
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise TimeoutError("kb serve does not answer")
            time.sleep(PAUSE)
        yield process.pid, port, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
