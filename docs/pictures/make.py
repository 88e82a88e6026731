"""Makes the pictures of the README from a fresh demo base: ``python docs/pictures/make.py``.

Needs chromium, a Chinese font and the dev dependencies.
"""

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from PIL import Image  # noqa: E402 - after the path to the tests
from playwright.sync_api import Browser, Page  # noqa: E402

from tests.browser import books, chromium, serving  # noqa: E402

QUESTION = "开票软件登录不上 提示证书过期"
COLOURS = 128
"""Enough for a page of text, and a fraction of the bytes."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium.started() as browser:
        home = serving.build(Path(folder) / "home")
        with serving.serve(home) as address:
            search(visit(browser, address))
            article(visit(browser, address, "officer"))
            importing(visit(browser, address, "expert"), Path(folder))


def visit(browser: Browser, address: str, username: str = "") -> Page:
    page = browser.new_context(base_url=address, viewport=chromium.DESK, locale="zh-CN").new_page()
    if username:
        chromium.sign_in(page, username)
    return page


def search(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="检索").press_sequentially(QUESTION)
    page.locator(".hit-link").first.wait_for()
    page.wait_for_load_state("networkidle")
    picture(page, "search")


def article(page: Page) -> None:
    page.goto(f"/search?q={QUESTION}")
    page.locator(".hit-link").first.click()
    for n in (1, 2):
        page.get_by_role("checkbox", name=f"做完这一步 {n}").check()
    picture(page, "article")


def importing(page: Page, folder: Path) -> None:
    page.goto("/imports/new")
    page.get_by_label("文件").set_input_files(books.ledger(folder / "一季度运维台账.xlsx", "石桥大厅", 40))
    page.get_by_role("button", name="上传，下一步").click()
    page.get_by_role("button", name="就这样，下一步").click()
    page.get_by_role("button", name="先检查，不写入").click()
    page.get_by_text("检查完毕").wait_for()
    picture(page, "import")


def picture(page: Page, name: str) -> None:
    path = HERE / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main()
