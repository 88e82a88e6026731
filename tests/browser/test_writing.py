"""From reports nobody has written about yet to an article: drafted, sent back, mended, accepted, found."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chromium import send

Visits = Callable[..., Page]
Finds = Callable[..., None]
TITLE = "电子发票版式文件一直“生成中”，下载不了"


def test_an_article_is_drawn_from_reports_reviewed_and_found_within_moments(visit: Visits, find: Finds) -> None:
    expert, reviewer = visit("expert"), visit("reviewer")
    expert.goto("/reports?words=版式文件生成中")
    expert.get_by_role("link", name=re.compile("版式文件生成中")).click()
    near = expert.locator(".near-row")
    expect(near).to_have_count(11)
    for n in (1, 2):
        near.nth(n).get_by_role("checkbox").check()
    expert.get_by_role("button", name="用选中的报告起草知识").click()

    expect(expert.get_by_text("由这些报告起草").get_by_role("link")).to_have_count(3)
    expect(expert.get_by_label("现象")).to_have_value(re.compile("版式文件生成中"))
    write(expert, "标题", TITLE)
    write(expert, "解决步骤", "1. 等半小时再下载")
    save(expert)
    press(expert, "提交审核")
    expect(expert.locator("article")).to_contain_text("待审核")
    for action in ("通过", "退回", "驳回"):
        expect(expert.locator(".actions").get_by_text(action, exact=True)).to_have_count(0)
    place = expert.url

    reviewer.goto("/reviews")
    reviewer.get_by_role("link", name=TITLE).click()
    decide(reviewer, "退回", "请写清楚隔天还下载不了怎么办。")
    expect(reviewer.locator("article")).to_contain_text("已退回")

    expert.goto("/candidates?state=returned")
    expert.get_by_role("link", name=TITLE).click()
    expect(expert.locator("article")).to_contain_text("请写清楚隔天还下载不了怎么办。")
    expert.get_by_role("link", name="编辑", exact=True).click()
    write(expert, "解决步骤", "1. 等半小时再下载\n2. 隔天仍不行的，把发票号码报市局信息中心重推")
    save(expert)
    press(expert, "提交审核")

    reviewer.goto(place)
    decide(reviewer, "通过")
    expect(reviewer.get_by_text("已发布为")).to_be_visible()
    find("officer", "版式文件生成中 下载不了", TITLE)


def test_two_people_writing_at_once_lose_nothing(visit: Visits) -> None:
    first = draft(visit("expert"), "两个窗口同时写的稿件")
    second = visit("expert")
    for page in (first, second):
        page.goto(f"{first.url.removesuffix('/edit')}/edit")
    write(first, "现象", "先保存的文字")
    save(first)
    write(second, "现象", "后保存的文字")
    second.get_by_role("button", name="保存", exact=True).last.click()
    expect(second.get_by_role("alert").filter(has_text="别人已经保存过一版")).to_be_visible()
    expect(second.get_by_label("现象")).to_have_value("后保存的文字")
    expect(second.locator(".theirs")).to_contain_text("先保存的文字")


def test_the_writer_is_shown_what_exists_already_and_what_readers_will_see(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/candidates/new")
    write(page, "标题", "开票软件提示证书过期")
    page.get_by_label("标题").press("Tab")
    expect(page.locator("#nearest")).to_contain_text("开票软件登录不上")
    write(page, "解决步骤", "1. 看**时间**\n2. <script>alert(1)</script>更新")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#preview strong")).to_have_text("时间")
    expect(page.locator("#preview script")).to_have_count(0)


def test_what_is_missing_is_said_at_its_field_and_nothing_written_is_lost(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/candidates/new")
    write(page, "现象", "写了一半的现象")
    page.get_by_role("button", name="保存", exact=True).last.click()
    summary = page.get_by_role("alert").filter(has_text="还没有保存")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="标题").click()
    expect(page.get_by_label("标题")).to_be_focused()
    expect(page.get_by_label("标题")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("现象")).to_have_value("写了一半的现象")


def test_a_form_that_was_written_in_asks_before_it_is_left(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/candidates/new")
    write(page, "标题", "还没有保存")
    with page.expect_event("dialog") as asked:
        page.get_by_role("link", name="知识", exact=True).click()
    assert asked.value.type == "beforeunload"


def draft(page: Page, title: str) -> Page:
    page.goto("/candidates/new")
    write(page, "标题", title)
    save(page)
    return page


def write(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=False).first.fill(text)


def save(page: Page) -> None:
    send(page.get_by_role("button", name="保存", exact=True).last)
    expect(page).to_have_url(re.compile(r"/candidates/\d+$"))


def press(page: Page, action: str) -> None:
    send(page.get_by_role("button", name=action, exact=True))


def decide(page: Page, action: str, reason: str = "") -> None:
    page.locator("summary").get_by_text(action, exact=True).click()
    form = page.locator("details.action[open]")
    if reason:
        form.get_by_label("理由").fill(reason)
    send(form.get_by_role("button", name=action, exact=True))
