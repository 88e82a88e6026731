"""How the browser is started, and how a person signs in with it."""

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from web.cli.demo import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page, Response

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
DESK = {"width": 1440, "height": 900}


def path() -> str | None:
    return shutil.which("chromium")


@contextmanager
def started() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=FLAGS)
        yield browser
        browser.close()


def sign_in(page: "Page", username: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.wait_for_url("**/")


def send(button: "Locator") -> None:
    """Press the button of a form, and wait until the server has answered it: what others are to see is then done."""
    with button.page.expect_response(_to_a_form):
        button.click()


def _to_a_form(answer: "Response") -> bool:
    """Not to what a page asks by itself while somebody writes."""
    return answer.request.method == "POST" and answer.request.is_navigation_request()
