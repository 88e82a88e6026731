"""The service over HTTP, on a base that is there: its start, its answers, its memory."""

import subprocess
import sys
from pathlib import Path

from benchmarks import processes
from benchmarks.clients import asked
from benchmarks.common import Figure, percentile, timed

DOORS = {"JSON": "/api/v1/search?q={}", "HTML fragment": "/search?q={}"}
PAUSED, UNPAUSED = 200, 800
PAUSE = 0.2
LIBRARIES = "import flask, sqlalchemy, numpy, tantivy"
BARE = f"{LIBRARIES}; print([line for line in open('/proc/self/status') if 'RssAnon' in line][0].split()[1])"


def measure(home: Path) -> list[Figure]:
    """Start, latency and throughput of both doors, then memory; these are 1,000 searches and more."""
    import_time = timed(lambda: subprocess.run([sys.executable, "-c", LIBRARIES], check=True))
    with processes.serving(home) as (pid, port, seconds):
        figures = [Figure("kb serve answers after", seconds, "s", import_time, "importing its largest libraries", 2.5)]
        for name, path in DOORS.items():
            figures += _door(port, name, path)
        memory = max(processes.megabytes(one, "RssAnon") for one in processes.family(pid))
    bare = int(subprocess.run([sys.executable, "-c", BARE], check=True, capture_output=True).stdout) / 1024
    of = "a process with its largest libraries"
    return [*figures, Figure("anonymous memory of a web process", memory, "MB", bare, of, 200)]


def _door(port: int, name: str, path: str) -> list[Figure]:
    asked(port, path, 40)
    alone = percentile(asked(port, "/healthz?{}", 200, pause=PAUSE / 10)["taken"], 0.95)
    paused = asked(port, path, PAUSED, pause=PAUSE)
    unpaused = asked(port, path, UNPAUSED)
    bare = asked(port, "/healthz?{}", UNPAUSED)
    of = "/healthz"
    a_second, bare_a_second = UNPAUSED / unpaused["seconds"], UNPAUSED / bare["seconds"]
    return [
        Figure(f"{name} search, 4 clients with pauses, p95", percentile(paused["taken"], 0.95), "ms", alone, of, 40),
        Figure(f"{name} search, 4 clients", a_second, "searches/s", bare_a_second, of, 100, at_least=True),
    ]
