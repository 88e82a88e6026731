"""Figures for Prometheus: what this service was asked, and in what state base and engine are; of nobody in particular.

Counters lie in files of all processes of one `kb serve`; states are looked up when somebody asks for the figures.
"""

import hmac
import os
import platform
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from flask import Flask, Response, current_app, g, request

from indexer.errors import IndexerError
from indexer.results import EngineStatus
from kb_service.config import Settings
from kb_service.errors import KBError
from kb_service.results import BackupState, Workload
from web import proxies
from web.accounts import identity
from web.patience import Patient

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

    from kb_service.bootstrap import KnowledgeBase

T = TypeVar("T")

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the client library learns where the processes of one service put their figures."""
MEMORY = "/dev/shm"  # noqa: S108 - the folder made there is private
"""Where files lie in memory. The files of the figures are mapped: on a disk that is full, the system would end every
process that counts something.
"""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Upper bounds of the buckets of every time."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OUTCOMES: Mapping[str, str] = {"search_unavailable": "unavailable", "index_building": "building"}
"""What a search comes to when it is refused, by the code of the refusal; ``refused`` for all others."""
ALARMS = ("overdue", "failed", "shrunk", "incomplete")
PATIENCE = 1.0
"""Seconds base and engine have to answer while somebody waits for the figures."""


def prepare(settings: Settings) -> None:
    """Give the processes of this service a folder for their figures; call it before the first of them begins.

    Several services may share the home folder: each has its own there, or a link to it, made anew when it starts.
    """
    place = _place(settings)
    clear(settings)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[FOLDER] = str(_folder(place))


def clear(settings: Settings) -> None:
    """Remove the figures of this service, which has ended."""
    place = _place(settings)
    shutil.rmtree(place.resolve(), ignore_errors=True)
    if place.is_symlink():
        place.unlink()


def _place(settings: Settings) -> Path:
    return settings.home.absolute() / "metrics" / f"{socket.gethostname()}-{settings.port}"


def _folder(place: Path) -> Path:
    """A folder in memory, and ``place`` a link to it; where there is no such thing, ``place`` itself."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="kb-metrics-", dir=MEMORY))
    except OSError:
        place.mkdir(mode=0o700)
        return place
    place.symlink_to(folder)
    return folder


def forget(process: int) -> None:
    """A process of this service has ended: its counts stay, what held only while it lived does not."""
    from prometheus_client import multiprocess

    if FOLDER in os.environ:
        multiprocess.mark_process_dead(process)  # type: ignore[no-untyped-call]


def init_app(app: Flask, kb: "KnowledgeBase") -> None:
    figures = Figures(kb)
    app.extensions["figures"] = figures
    app.after_request(figures.count)


def searched(outcome: str, seconds: float) -> None:
    """Count a search."""
    figures = _figures()
    figures.searches.labels(outcome).inc()
    figures.search_seconds.observe(seconds)


def exposition() -> Response:
    """All figures in the text format of Prometheus."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return Response(generate_latest(_figures().registry()), content_type=CONTENT_TYPE_LATEST)


def may_read(settings: Settings) -> bool:
    """Whether this request comes from this machine itself, through no proxy, or with the token of the settings."""
    told = identity.bearer()
    if told is not None and settings.metrics_token:
        return hmac.compare_digest(told.encode(), settings.metrics_token.encode())
    return not request.environ.get(proxies.PASSED, True) and _is_loopback(request.remote_addr or "")


class Figures:
    """The counters of one process, and the way to the figures of all."""

    def __init__(self, kb: "KnowledgeBase") -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._own = CollectorRegistry()
        self._state = State(kb)
        self._own.register(self._state)
        self.requests = Counter(
            "kb_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._own
        )
        self.request_seconds = Histogram(
            "kb_http_request_seconds", "Time to answer a request.", ["route"], buckets=SECONDS, registry=self._own
        )
        self.searches = Counter("kb_searches", "Searches by pages and API.", ["outcome"], registry=self._own)
        self.search_seconds = Histogram("kb_search_seconds", "Time of a search.", buckets=SECONDS, registry=self._own)

    def count(self, response: Response) -> Response:
        """Count the request that is answered with `response`."""
        route = str(request.url_rule or "none")
        method = request.method if request.method in METHODS else "other"
        self.requests.labels(method, route, f"{response.status_code // 100}xx").inc()
        self.request_seconds.labels(route).observe(time.perf_counter() - g.begun)
        return response

    def registry(self) -> "CollectorRegistry":
        """What to read the figures of all processes from, with the states as they are now."""
        from prometheus_client import CollectorRegistry, multiprocess

        if FOLDER not in os.environ:
            return self._own
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(self._state)
        return registry


class State:
    """Collects the states: of the program, the base, the engine. What does not answer in time is down, never late."""

    def __init__(self, kb: "KnowledgeBase") -> None:
        self._workload = Patient(kb.health.workload, PATIENCE)
        self._engine = Patient(kb.health.engine, PATIENCE)
        self._backups = Patient(kb.backups.state, PATIENCE)

    def collect(self) -> Iterator["Metric"]:
        yield _info()
        yield from _processes()
        workload, engine, backups = _answer(self._workload), _answer(self._engine), _answer(self._backups)
        yield _gauge("kb_database_up", "Whether the database answers.", float(workload is not None))
        yield _gauge("kb_engine_up", "Whether the search engine answers.", float(engine is not None))
        yield from _of_workload(workload) if workload else ()
        yield from _of_engine(engine) if engine else ()
        yield from _of_backups(backups) if backups else ()

    def describe(self) -> tuple["Metric", ...]:
        """Nothing is looked up when this is registered."""
        return ()


def _of_workload(told: Workload) -> Iterator["Metric"]:
    done, total = told.rebuild or (0, 0)
    yield _gauge("kb_index_waiting_changes", "Changes that are not in the index yet.", told.waiting)
    yield _gauge("kb_index_lag_seconds", "How long the oldest of these has waited.", told.lag)
    yield _gauge("kb_index_parked_changes", "Changes given up after repeated failures.", told.parked)
    yield _gauge("kb_index_lacks_words", "Whether the lexicon has words the index was built without.", told.lacks_words)
    yield _gauge("kb_rebuild_running", "Whether the index is being built anew.", told.rebuild is not None)
    yield _gauge("kb_rebuild_done_documents", "Documents of that rebuild that are done.", done)
    yield _gauge("kb_rebuild_documents", "Documents of that rebuild.", total)
    yield _gauge("kb_imports_running", "Imports at work.", told.imports_running)
    yield _gauge("kb_imports_waiting", "Imports that wait for a worker.", told.imports_waiting)


def _of_engine(told: EngineStatus) -> Iterator["Metric"]:
    yield _gauge("kb_engine_documents", "Documents in the index in force.", told.documents)
    yield _gauge("kb_engine_matches", "Whether that index fits the program.", bool(told.generation) and told.matches)


def _of_backups(told: BackupState) -> Iterator["Metric"]:
    from prometheus_client.metrics_core import GaugeMetricFamily

    at = told.last_good_at.timestamp() if told.last_good_at else 0
    yield _gauge("kb_backup_scheduled", "Whether the worker makes backups.", bool(told.target))
    yield _gauge("kb_backup_last_good_timestamp_seconds", "When the last good backup was made; 0 before the first.", at)
    yield _gauge("kb_backup_last_good_bytes", "Size of the last good backup.", told.last_good_bytes)
    alarms = GaugeMetricFamily("kb_backup_alarm", "Whether something is amiss with the backups.", labels=["alarm"])
    for code in ALARMS:
        alarms.add_metric([code], float(code in told.alarms))
    yield alarms


def _info() -> "Metric":
    from prometheus_client.metrics_core import InfoMetricFamily

    told = {"python": platform.python_version()}
    with suppress(PackageNotFoundError):  # run from its folder
        told["version"] = version("kb-service")
    return InfoMetricFamily("kb_build", "Versions of what runs.", value=told)


def _processes() -> Iterator["Metric"]:
    """How many processes answer requests here, and the memory of the largest."""
    sizes = [size for one in _known_processes() if (size := _resident(one))]
    yield _gauge("kb_processes", "Processes of this service that answered so far and live.", len(sizes))
    yield _gauge("kb_process_resident_bytes", "Resident memory of the largest of them.", max(sizes, default=0))


def _known_processes() -> set[int]:
    folder = os.environ.get(FOLDER)
    files = Path(folder).glob("counter_*.db") if folder else ()
    return {int(file.stem.rpartition("_")[2]) for file in files} | {os.getpid()}


def _resident(process: int) -> int:
    """Bytes, 0 where the process has ended or the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _answer(ask: Callable[[], T]) -> T | None:
    with suppress(KBError, IndexerError, TimeoutError):
        return ask()
    return None


def _gauge(name: str, about: str, value: float) -> "Metric":
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(name, about, value=float(value))


def _is_loopback(address: str) -> bool:
    with suppress(ValueError):
        peer = ip_address(address)
        return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback
    return False


def _figures() -> Figures:
    return cast(Figures, current_app.extensions["figures"])
