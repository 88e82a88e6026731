"""Every page, whoever sees it: accessible in light and dark and on a narrow screen, silent, on its own, unharmed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import DESK
from tests.browser.furnishing import Furnished
from tests.browser.watching import Watch

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (only) => (await axe.run({ runOnly: only, resultTypes: ["violations"] })).violations.map(
    (broken) => `${broken.id}: ${broken.nodes.map((node) => node.html).join(" ")}`)"""
NARROW = {"width": 320, "height": 640}
HOSTILE_WORDS = "%22%3E%3Csvg%20onload%3Dalert(1)%3E%3C/script%3E%7B%7B7*7%7D%7D"
SEEN_BY = {
    "": (
        "/",
        "/search?q=开票软件登录不上 提示证书过期",
        "/search?q=开票软件&kind=solution&system=增值税发票&sort=newest",
        "/search?q=qwertzuiop",
        f"/search?q={HOSTILE_WORDS}&kind={HOSTILE_WORDS}&sort={HOSTILE_WORDS}&page={HOSTILE_WORDS}",
        "/articles",
        "/articles/KB000001",
        "/articles/KB999999",
        "/why?q=证书过期&number=KB000056",
        "/why?q=证书过期&number=KB999999",
        f"/nowhere/{HOSTILE_WORDS}",
        f"/sign-in?next={HOSTILE_WORDS}",
        "/reports",
    ),
    "officer": ("/", "/search?q=外来文字", "{hostile}", "{revised}", "{retired}", "/account/password", "/imports"),
    "expert": (
        "/search?q=外来文字",
        "/articles?state=retired",
        "{hostile}",
        "{retired}",
        "{revised}/revisions",
        "{revised}/revisions/1",
        "{revised}/diff?before=1&after=2",
        "/reports",
        "/reports?words=qwertzuiop",
        "{report}",
        "/reports/new",
        "/imports",
        "/imports/new",
        "{uploaded}/mapping",
        "{broken}/mapping",
        "{mapped}",
        "{checked}",
        "{taken}",
        "{batch}",
        "/candidates",
        "/candidates?state=withdrawn",
        "/candidates/new",
        "/candidates/new?reports={report_number}",
        "{draft}",
        "{draft}/edit",
        "{returned}/edit",
        "{rejected}",
        "{revision}",
    ),
    "reviewer": ("/reviews", "{submitted}", "{revision}", "{batch}"),
    "head": ("/reviews",),
    "manager": (
        "/lexicon",
        "/lexicon?words=qwertzuiop",
        "/lexicon/new",
        "/lexicon/history",
        "/lexicon/import",
        "{entry}",
        "/evaluation",
        f"/evaluation?words={HOSTILE_WORDS}&page={HOSTILE_WORDS}",
        "/why?q=开票软件登录不上 提示证书过期&number=KB000056",
        f"/why?q={HOSTILE_WORDS}&number=KB000001",
    ),
    "sysadmin": ("/admin/service",),
}
PAGES = [(username, path) for username, paths in SEEN_BY.items() for path in paths]


@dataclass(frozen=True)
class Reader:
    """Somebody who goes from page to page."""

    page: Page
    watch: Watch


@pytest.fixture(scope="module")
def reader(address: str, enter: Callable[..., BrowserContext]) -> Iterator[Callable[[str], Reader]]:
    """The one reader of this user name."""
    readers: dict[str, Reader] = {}

    def known(username: str) -> Reader:
        if username not in readers:
            watch = Watch(address)
            readers[username] = Reader(enter(watch, username).new_page(), watch)
        return readers[username]

    yield known
    for one in readers.values():
        one.page.context.close()


@pytest.mark.parametrize(("username", "path"), PAGES)
def test_a_page_pleases_everybody(
    reader: Callable[[str], Reader], furnished: Furnished, username: str, path: str
) -> None:
    one = reader(username)
    one.watch.faults.clear()
    page = one.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    page.goto(path.format(**vars(furnished), report_number=furnished.report.rpartition("/")[2]))
    assert page.locator("h1").count() == 1
    assert _violations(page, {"type": "tag", "values": TAGS}) == []
    page.emulate_media(color_scheme="dark")
    assert _violations(page, {"type": "rule", "values": ["color-contrast"]}) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert one.watch.faults == []


def _violations(page: Page, only: Any) -> Any:
    """What axe objects to. It comes in through the debugger, so that the policy of the page stays in force."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(RUN, only)
