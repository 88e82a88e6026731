"""An expert brings a workbook: reports at once searchable, or articles that wait for a second person."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser import books
from tests.browser.chromium import send

Visits = Callable[..., Page]
Finds = Callable[..., None]


def test_an_expert_imports_a_ledger_and_staff_find_it_at_once(visit: Visits, find: Finds, tmp_path: Path) -> None:
    page = visit()
    page.goto("/")
    page.get_by_role("link", name="登录").click()
    page.get_by_label("用户名").fill("expert")
    page.get_by_label("密码").fill("zhijie-demo-2026")
    page.get_by_role("main").get_by_role("button", name="登录").click()

    page.get_by_role("link", name="导入", exact=True).click()
    upload(page, books.ledger(tmp_path / "台账.xlsx", "石桥大厅", 300), "处理报告")
    for column, field in (("申请单位", "organisation"), ("问题现象", "phenomenon"), ("系统名称", "system")):
        expect(page.get_by_label(f"“{column}”作为")).to_have_value(field)
    page.get_by_role("button", name="就这样，下一步").click()

    page.get_by_role("button", name="先检查，不写入").click()
    expect(page.get_by_text("检查完毕，还没有写入")).to_be_visible()
    expect(page.locator(".counts")).to_contain_text(re.compile(r"将新增\s*300"))
    refused = page.locator("section", has=page.get_by_role("heading", name="未导入的行"))
    expect(refused.locator("tbody tr")).to_have_count(2)
    expect(refused.locator("tbody tr").first).to_contain_text("问题现象")

    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载表格，改好再导入").click()
    rows = list(load_workbook(io.BytesIO(download.value.path().read_bytes())).active.values)
    assert {"坏-1", "坏-2"} < {cell for row in rows for cell in row}

    find("expert", "石桥大厅叫号屏", "石桥大厅的叫号屏第")
    officer = visit("officer")
    officer.goto("/search?q=石桥大厅叫号屏")
    expect(officer.locator(".found")).to_be_visible()
    expect(officer.locator(".hit-link", has_text="石桥大厅的叫号屏")).to_have_count(0)


def test_a_second_person_accepts_imported_articles_in_one_act(visit: Visits, find: Finds, tmp_path: Path) -> None:
    rows = [(f"J-{n}", "终端", f"叫号机第{n}种卡纸怎么取", "", f"打开第 {n} 块盖板拉出来。") for n in range(3)]
    expert = visit("expert")
    place = take_in(expert, books.questions(tmp_path / "常见问题.xlsx", rows))
    expect(expert.get_by_text("3 条知识等待审核")).to_be_visible()
    expect(expert.locator("summary", has_text="整批通过")).to_have_count(0)

    reviewer = visit("reviewer")
    reviewer.goto("/reviews")
    expect(reviewer.get_by_role("link", name="叫号机第0种卡纸怎么取")).to_be_visible()
    accept_all(reviewer, place)
    for n in range(3):
        find("officer", f"叫号机第{n}种卡纸怎么取", f"叫号机第{n}种卡纸怎么取")


def test_a_mended_import_is_a_proposed_revision_read_side_by_side(visit: Visits, find: Finds, tmp_path: Path) -> None:
    def table(answer: str) -> Path:
        return books.questions(tmp_path / "自助机问答.xlsx", [("W-7", "终端", "自助机吞卡找谁", "", answer)])

    expert, reviewer = visit("expert"), visit("reviewer")
    accept_all(reviewer, take_in(expert, table("打设备科的电话。")))
    find("officer", "自助机吞卡找谁", "自助机吞卡找谁")
    take_in(expert, table("先按退卡键，不行再打设备科的电话。"))

    reviewer.goto("/reviews")
    reviewer.get_by_role("row", name=re.compile("修订 KB")).get_by_role("link", name="自助机吞卡找谁").click()
    diff = reviewer.locator(".diff")
    expect(diff.locator("del")).to_contain_text("打设备科的电话。")
    expect(diff.locator("ins")).to_contain_text("先按退卡键")
    reviewer.locator("summary", has_text="通过").click()
    reviewer.get_by_role("button", name="通过", exact=True).click()
    article = reviewer.get_by_text("已发布为").get_by_role("link").get_attribute("href")

    expert.goto(str(article))
    expect(expert.locator("article")).to_contain_text("先按退卡键")
    expert.get_by_role("link", name="版本与比较").click()
    expert.get_by_role("button", name="比较选中的两版").click()
    expect(expert.locator(".diff ins")).to_contain_text("先按退卡键")
    officer = visit("officer")
    officer.goto(str(article))
    expect(officer.locator("article")).to_contain_text("先按退卡键")
    expect(officer.get_by_role("link", name="版本与比较")).to_have_count(0)
    answer = officer.goto(f"{article}/revisions")
    assert answer is not None
    assert answer.status == 404


def upload(page: Page, path: Path, kind: str) -> None:
    page.goto("/imports/new")
    page.get_by_role("radio", name=re.compile(kind)).check()
    page.get_by_label("文件", exact=False).set_input_files(path)
    page.get_by_role("button", name="上传，下一步").click()


def take_in(page: Page, path: Path) -> str:
    """Import articles; the address of the import."""
    upload(page, path, "知识条目")
    page.get_by_role("button", name="就这样，下一步").click()
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_text("导入完成。")).to_be_visible()
    return page.url


def accept_all(page: Page, place: str) -> None:
    page.goto(place)
    page.locator("summary", has_text="整批通过").click()
    send(page.get_by_role("button", name="整批通过"))
    expect(page.get_by_text("导入完成。")).to_be_visible()
