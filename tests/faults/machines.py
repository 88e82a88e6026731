"""The servers as machines that can be killed, hung and started again: the scripts in the folder KB_TEST_TOOLS do it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.processes import family
from tests import databases
from tests.conftest import absent

TOOLS = "KB_TEST_TOOLS"
PATIENCE = 180.0
"""Seconds a server may take to come up on a busy machine."""
ALL_UP = 600.0
"""The same for a cluster to be whole again."""


def script(name: str) -> Path:
    """The script of a server."""
    folder = os.environ.get(TOOLS, "")
    if not folder:
        absent(f"no scripts that start and kill servers: set {TOOLS} to their folder")
    return Path(folder) / name


def run(path: Path, *words: str) -> None:
    """Have the script do something. Its server must not keep our pipes open."""
    subprocess.run([path, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=PATIENCE)


def tell(processes: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that have not ended meanwhile."""
    for one in processes:
        with suppress(ProcessLookupError):
            os.kill(one, number)


class PostgreSQL:
    """The server the tests use, on this machine."""

    def __init__(self) -> None:
        self._script = script("postgresql")
        self._is_up = True

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Connections are taken and nothing is answered, while the block runs."""
        processes = [self._first_process()]
        try:
            tell(processes, signal.SIGSTOP)  # it starts no others from now on
            processes = family(processes[0])
            tell(processes, signal.SIGSTOP)
            yield
        finally:
            tell(processes, signal.SIGCONT)

    def kill(self) -> None:
        """The whole server, as a crash would."""
        run(self._script, "kill")
        self._is_up = False

    def start(self) -> None:
        """Up again with its data, unless it is up."""
        if not self._is_up:
            run(self._script, "start")
        self._is_up = True

    def _first_process(self) -> int:
        import psycopg

        with psycopg.connect(databases.POSTGRESQL.replace("+psycopg", "")) as connection:
            (path,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        return int((Path(path) / "postmaster.pid").read_text("ascii").split()[0])


class Elasticsearch:
    """The cluster the tests use; ``hosts`` are its nodes in their order, the first is number 1."""

    def __init__(self, hosts: str) -> None:
        self._script = script("elasticsearch/elasticsearch")
        self.hosts = hosts.split(",")
        self._down: set[int] = set()
        self._hanging: set[int] = set()

    @property
    def nodes(self) -> range:
        return range(1, len(self.hosts) + 1)

    def kill(self, *nodes: int) -> None:
        """As crashes would."""
        for node in nodes:
            run(self._script, "kill", str(node))
        self._down |= set(nodes)

    def pause(self, node: int) -> None:
        """It hangs: connections are taken and nothing is answered."""
        run(self._script, "pause", str(node))
        self._hanging.add(node)

    def mend(self) -> None:
        """Whatever was done to nodes is undone; they come back when they are ready."""
        for node in self._hanging:
            run(self._script, "resume", str(node))
        for node in self._down:
            run(self._script, "node", str(node))
        self._down, self._hanging = set(), set()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What the first node answers. Raises OSError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"http://{self.hosts[0]}{path}", data, headers, method=method), timeout=30) as answer:
            return json.load(answer)

    def whole(self) -> None:
        """Wait until every node is there again and holds what it should."""
        until = time.monotonic() + ALL_UP
        while not self._is_whole():
            assert time.monotonic() < until, "the cluster does not come back"
            time.sleep(0.5)

    def _is_whole(self) -> bool:
        try:
            told = self.ask("GET", "/_cluster/health")
        except OSError:
            return False
        return bool(told["number_of_nodes"] == len(self.hosts) and told["status"] == "green")
