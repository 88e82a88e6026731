"""What every test may ask for."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from indexer.analysis import analyzer
from kb_service.bootstrap import KnowledgeBase
from tests import databases
from tests.base import Clock, base_at, populate

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("KB_TEST_REQUIRE") == "1"
PURE = os.environ.get("KB_TEST_PURE") == "1"
COMPILED = {"tantivy", "rjieba"}
SERVERS = {"cluster", "elasticsearch", "postgresql"}
KNOWING = (
    *("indexer/", "kb_service/", "flows/", "demo/", "contracts/test_search_engine", "contracts/test_judged_sets"),
    *("contracts/test_large_collections", "web/test_cli_commands", "web/test_cli_serve", "web/test_cli_use"),
)
"""What the paths of tests begin with that know engines or the segmenter: all others show the same without compiled
libraries.
"""
SERVER_FIXTURES = {"elasticsearch_hosts", "postgresql_url"}

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def absent(reason: str) -> None:
    """Skip with a reason, or fail where everything is required."""
    (pytest.fail if REQUIRED else pytest.skip)(reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """With KB_TEST_REQUIRE=1 every skip is a failure."""
    report = (yield).get_result()
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although everything is required: {report.longrepr}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """First come those that kill servers, for which others have to wait, then those that need servers, then all others.

    Left out is what is about compiled libraries that are not there on purpose, and what is the same without them
    (KB_TEST_PURE=1); and what is about the file of SQLite where bases lie on PostgreSQL (KB_TEST_DATABASE=postgresql).
    """
    pure = {one for one in items if PURE and (_is_compiled(one) or _needs_server(one) or not _knows_them(one))}
    left_out = pure | {one for one in items if databases.EVERYWHERE and _is_about_file(one)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return 0 if item.get_closest_marker("kills") else 1 if _needs_server(item) else 2


def _needs_server(item: pytest.Item) -> bool:
    parts = item.callspec.id.split("-") if hasattr(item, "callspec") else ()
    return not SERVERS.isdisjoint(parts) or not SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _knows_them(item: pytest.Item) -> bool:
    return item.path.relative_to(ROOT / "tests").as_posix().startswith(KNOWING)


def _is_about_file(item: pytest.Item) -> bool:
    return item.get_closest_marker("sqlite") is not None


def _is_compiled(item: pytest.Item) -> bool:
    parts = item.callspec.id.split("-") if hasattr(item, "callspec") else ()
    return item.get_closest_marker("compiled") is not None or not COMPILED.isdisjoint(parts)


@pytest.fixture(autouse=True)
def _servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Who kills a server is alone with all of them, however many processes share the tests."""
    if not _needs_server(request.node):
        yield
        return
    here = tmp_path_factory.getbasetemp()
    shared = here.parent if here.name.startswith("popen-") else here
    with (shared / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if request.node.get_closest_marker("kills") else fcntl.LOCK_SH)
        yield


@pytest.fixture(scope="session", autouse=True)
def _segmenters() -> Iterator[None]:
    """Bases with the same dictionary share a segmenter, which never changes: building one takes as long as a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analyzer, "Segmenter", lru_cache(maxsize=2)(analyzer.Segmenter))
        yield


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora and files: KB_TEST_DATA, else ../shared/data."""
    path = Path(os.environ.get("KB_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not path.is_dir():
        absent(f"no corpora at {path}: set KB_TEST_DATA")
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home folder of a populated base, to be copied."""
    home = tmp_path_factory.mktemp("populated") / "home"
    home.mkdir()
    with base_at(home, Clock()) as kb:
        populate(kb)
    yield home
    databases.forget_all()


@pytest.fixture
def kb(tmp_path: Path, clock: Clock, populated: Path) -> Iterator[KnowledgeBase]:
    """A populated base of its own for every test."""
    home = tmp_path / "home"
    shutil.copytree(populated, home)
    databases.copy(populated, home)
    with base_at(home, clock) as kb:
        yield kb
    databases.forget(home)


@pytest.fixture(scope="session")
def postgresql_url() -> str:
    """The address of a database on a server that is there for tests."""
    if not databases.POSTGRESQL:
        absent("no PostgreSQL: set KB_TEST_POSTGRESQL to the address of a database")
    return databases.POSTGRESQL


@pytest.fixture(scope="session")
def elasticsearch_hosts() -> str:
    """The nodes of a cluster that is there for tests, such as ``127.0.0.1:9200,127.0.0.1:9201``."""
    from tests.servers import elasticsearch_nodes

    return elasticsearch_nodes()
