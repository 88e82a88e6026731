"""What every test may ask for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock, base_at, populate

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = os.environ.get("KB_TEST_REQUIRE") == "1"


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


@pytest.fixture
def kb(tmp_path: Path, clock: Clock) -> Iterator[KnowledgeBase]:
    """A populated base of its own for every test."""
    with base_at(tmp_path / "home", clock) as kb:
        populate(kb)
        yield kb
