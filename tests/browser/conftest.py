"""A browser, a served demo base, and the people who come to it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import profiles
from tests.browser import chromium as chromiums
from tests.browser import serving
from tests.browser.furnishing import Furnished, furnish
from tests.browser.watching import Watch
from tests.conftest import absent

pytest.importorskip("playwright", reason="no playwright: it is among the dev dependencies")

from playwright.sync_api import Browser, BrowserContext, Page, expect

PATIENCE = 30_000
"""Milliseconds until something expected counts as missing, on a machine busy with other tests."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if chromiums.path() is None:
        absent("no chromium: apt install chromium")
    if not subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout:
        absent("no Chinese font: apt install fonts-noto-cjk")
    with chromiums.started() as browser:
        yield browser


@pytest.fixture(scope="session")
def home(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the demo base, which is built once in a run however many processes share the tests.

    With KB_TEST_PROFILE=cluster it has grown: its database is on PostgreSQL, its index on Elasticsearch.
    """
    here = tmp_path_factory.mktemp("served")
    distributed = tmp_path_factory.getbasetemp().name.startswith("popen-")
    shared = tmp_path_factory.getbasetemp().parent if distributed else here
    home = Path(shutil.copytree(serving.build(shared / "demo"), here / "home"))
    if os.environ.get("KB_TEST_PROFILE") != "cluster":
        yield home
        return
    with profiles.opened("cluster") as place, pytest.MonkeyPatch.context() as patch:
        serving.grow(home, place.database, place.index)
        for name, value in (("DATABASE", place.database), ("INDEX", place.index), ("INDEX_SECONDS", "10")):
            patch.setenv(f"KB_{name}", value)
        yield home


@pytest.fixture(scope="session")
def furnished(home: Path) -> Furnished:
    """What the demo base lacks: work in every state, with hostile texts in every field."""
    return furnish(home)


@pytest.fixture(scope="session")
def address(home: Path, furnished: Furnished) -> Iterator[str]:
    with serving.serve(home) as address:
        yield address


@pytest.fixture(scope="session")
def cookies(chromium: Browser, address: str) -> Callable[[str], Any]:
    """The session of a person, signed in once in a run; "" is a visitor."""
    kept: dict[str, Any] = {"": None}

    def of(username: str) -> Any:
        if username not in kept:
            context = chromium.new_context(base_url=address)
            chromiums.sign_in(context.new_page(), username)
            kept[username] = context.storage_state()
            context.close()
        return kept[username]

    return of


@pytest.fixture(scope="session")
def enter(chromium: Browser, address: str, cookies: Callable[[str], Any]) -> Callable[..., BrowserContext]:
    """A fresh browser of a person, attended by the watch that is handed in."""

    def enters(watch: Watch, username: str = "", *, script: bool = True, **options: Any) -> BrowserContext:
        context = chromium.new_context(
            base_url=address,
            storage_state=cookies(username),
            java_script_enabled=script,
            **{"viewport": chromiums.DESK, "locale": "zh-CN", **options},
        )
        context.set_default_timeout(PATIENCE)
        watch.attend(context)
        return context

    return enters


@pytest.fixture
def visit(address: str, enter: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """A page in a fresh browser of a person; when the test ends, nothing on any of its pages may have gone wrong."""
    watch, contexts = Watch(address), list[BrowserContext]()

    def comes(username: str = "", **options: Any) -> Page:
        contexts.append(enter(watch, username, **options))
        return contexts[-1].new_page()

    yield comes
    for context in contexts:
        context.close()
    assert not watch.faults


@pytest.fixture
def find(visit: Callable[..., Page]) -> Callable[..., None]:
    """Waits until a person's search shows a title; the index follows the base within moments."""
    return partial(_find, visit)


def _find(visit: Callable[..., Page], username: str, words: str, title: str) -> None:
    page = visit(username)
    hit = page.locator(".hit-link", has_text=title)
    for _ in range(PATIENCE // 500):
        page.goto(f"/search?q={words}")
        if hit.count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{title} was not found by {username}")
