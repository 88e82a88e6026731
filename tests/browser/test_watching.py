"""The watch that all other tests rely on sees what it is there for."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.watching import Watch


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("alert('here')", "dialog: here"),
        ("document.body.append(Object.assign(document.createElement('script'), {text: 'x = 1'}))", "Content Security"),
        ("document.body.style.cssText; document.body.setAttribute('style', 'color: red')", "Content Security"),
        (
            "document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.invalid/x.png'}))",
            "left this machine",
        ),
        ("document.body.append(Object.assign(new Image(), {src: '/static/nowhere.png'}))", "404"),
        ("setTimeout(() => { throw new Error('broken') })", "error: broken"),
        ("console.error('complaint')", "console: complaint"),
    ],
)
def test_a_fault_of_a_page_is_seen(address: str, enter: Callable[..., BrowserContext], script: str, fault: str) -> None:
    watch = Watch(address)
    with enter(watch) as context:
        page = context.new_page()
        page.goto("/sign-in")
        page.evaluate(f"() => {{ {script} }}")
        for _ in range(100):
            if fault in "\n".join(watch.faults):
                return
            page.wait_for_timeout(100)
    raise AssertionError(watch.faults)
