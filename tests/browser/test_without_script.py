"""Where scripts are switched off, everything people need goes by plain links and forms."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import books
from tests.browser.chromium import sign_in
from tests.browser.test_importing import upload
from tests.browser.test_writing import decide, press, save, write

Visits = Callable[..., Page]
Finds = Callable[..., None]


@pytest.fixture
def plain(visit: Visits) -> Visits:
    """A visit of somebody whose browser runs no script."""
    return partial(visit, script=False)


def test_an_officer_searches_narrows_opens_and_answers(plain: Visits) -> None:
    page = plain()
    page.goto("/")
    page.get_by_role("searchbox").fill("打印机")
    page.get_by_role("button", name="检索", exact=True).click()
    page.get_by_role("complementary", name="筛选").get_by_role("link", name=re.compile("故障方案")).click()
    expect(page).to_have_url(re.compile("kind=solution"))
    title = page.locator(".hit-link").first.inner_text()
    page.locator(".hit-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("button", name="解决了").click()
    expect(page.get_by_text("谢谢，已记下：解决了。")).to_be_visible()
    page.get_by_role("link", name="回到这条知识").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_person_signs_in_changes_the_language_and_signs_out(plain: Visits) -> None:
    page = plain()
    sign_in(page, "officer")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("link", name="登录")).to_be_visible()


def test_an_expert_takes_a_workbook_in(plain: Visits, tmp_path: Path) -> None:
    page = plain("expert")
    upload(page, books.ledger(tmp_path / "台账二.xlsx", "望溪大厅", 3), "处理报告")
    page.get_by_role("button", name="就这样，下一步").click()
    page.get_by_role("button", name="先检查，不写入").click()
    expect(page.get_by_text("检查完毕，还没有写入")).to_be_visible()
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    page.get_by_role("link", name="看导入的处理报告").click()
    expect(page.get_by_role("link", name=re.compile("望溪大厅的叫号屏"))).to_have_count(3)


def test_an_article_is_written_previewed_submitted_and_accepted(plain: Visits, find: Finds) -> None:
    expert, reviewer = plain("expert"), plain("reviewer")
    expert.goto("/reports")
    expert.get_by_role("checkbox").first.check()
    expert.get_by_role("button", name="用选中的报告起草知识").click()
    write(expert, "标题", "不用脚本写成的知识")
    write(expert, "解决步骤", "1. 看**清楚**\n2. 再动手")
    expert.get_by_role("button", name="预览").click()
    expect(expert.locator("#preview strong").filter(has_text="清楚")).to_be_visible()
    save(expert)
    press(expert, "提交审核")
    reviewer.goto(expert.url)
    decide(reviewer, "通过")
    expect(reviewer.get_by_text("已发布为")).to_be_visible()
    find("officer", "不用脚本写成的知识", "不用脚本写成的知识")
