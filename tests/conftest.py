"""What every test may ask for."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock, base_at, populate

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("KB_TEST_REQUIRE") == "1"
PURE = os.environ.get("KB_TEST_PURE") == "1"
COMPILED = {"tantivy", "rjieba"}


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
    """With KB_TEST_PURE=1 leave out what is about the compiled libraries, which are not there on purpose."""
    if PURE:
        left_out = [item for item in items if _is_compiled(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _is_compiled(item: pytest.Item) -> bool:
    parts = item.callspec.id.split("-") if hasattr(item, "callspec") else ()
    return item.get_closest_marker("compiled") is not None or not COMPILED.isdisjoint(parts)


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
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of a populated base, to be copied."""
    home = tmp_path_factory.mktemp("populated") / "home"
    with base_at(home, Clock()) as kb:
        populate(kb)
    return home


@pytest.fixture
def kb(tmp_path: Path, clock: Clock, populated: Path) -> Iterator[KnowledgeBase]:
    """A populated base of its own for every test."""
    shutil.copytree(populated, tmp_path / "home")
    with base_at(tmp_path / "home", clock) as kb:
        yield kb
