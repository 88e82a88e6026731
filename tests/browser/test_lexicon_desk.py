"""A knowledge manager at the lexicon desk: weighs, saves, searches, undoes, brings a file; by keyboard too."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.chromium import send

Visits = Callable[..., Page]


def test_a_synonym_is_weighed_saved_searched_by_and_undone(visit: Visits) -> None:
    manager, officer = visit("manager"), visit("officer")
    searched(officer, "欸乃", hits=False)
    manager.goto("/")
    manager.get_by_role("link", name="词库", exact=True).click()
    manager.get_by_role("link", name="新增词条").click()
    write(manager, "欸乃 => 电子税务局", "窗口这样叫")
    manager.get_by_role("button", name="预览影响").click()
    expect(manager.locator("#outlook")).to_contain_text("个标注检索词")
    manager.get_by_role("button", name="保存", exact=True).click()
    expect(manager.get_by_role("status").filter(has_text="两秒内")).to_be_visible()
    searched(officer, "欸乃", hits=True)
    manager.get_by_role("button", name="撤销").click()
    expect(manager.get_by_text("这一条已经移除")).to_be_visible()
    searched(officer, "欸乃", hits=False)


def test_what_makes_searches_worse_is_saved_only_after_a_yes(visit: Visits) -> None:
    page = visit("manager")
    label(page, "会议", "KB000001")
    page.goto("/lexicon/new")
    page.get_by_label("停用词").check()
    write(page, "会议", "到处都是")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="还没有保存")).to_be_visible()
    expect(page.locator("#outlook")).to_contain_text("会议")
    yes = page.get_by_label("我看过影响，仍然要保存")
    expect(yes).to_be_focused()
    yes.press("Space")
    page.get_by_role("button", name="保存", exact=True).press("Enter")
    expect(page.get_by_role("status").filter(has_text="两秒内")).to_be_visible()
    remove(page, "试完了")


def test_two_managers_writing_at_once_lose_nothing(visit: Visits) -> None:
    first, second = visit("manager"), visit("manager")
    first.goto("/lexicon/new")
    write(first, "欸乃船, 摇橹船", "并发")
    save(first)
    second.goto(first.url)
    write(first, "欸乃船, 摇橹船, 乌篷船", "先")
    save(first)
    write(second, "欸乃船, 摇橹船, 画舫", "后")
    second.get_by_role("button", name="保存", exact=True).click()
    alert = second.get_by_role("alert").filter(has_text="已经改过这一条")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("乌篷船")
    expect(second.locator("#f-text")).to_have_value("欸乃船, 摇橹船, 画舫")
    write(second, "欸乃船, 摇橹船, 乌篷船, 画舫", "合")
    save(second)
    remove(second, "试完了")


def test_a_dictionary_is_checked_mended_and_taken_in_and_the_index_follows(visit: Visits, tmp_path: Path) -> None:
    path = tmp_path / "词典.txt"
    path.write_bytes("摇橹船票 5 n\n税\n乌篷船票 nz\n".encode("gb18030"))
    page = visit("manager")
    page.goto("/lexicon/import")
    page.get_by_label("领域词").check()
    page.locator("#f-file").set_input_files(path)
    page.locator("#f-reason").fill("业务司的词典")
    page.get_by_role("button", name="先检查，看影响").click()
    expect(page.locator(".counts")).to_contain_text(re.compile(r"将新增\s*2"))
    expect(page.get_by_role("row", name=re.compile("第 2 行"))).to_contain_text("只有一个字")
    page.locator("#f-text").fill("摇橹船票\n乌篷船票\n画舫船票")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="已导入 3 条")).to_be_visible()
    expect(page.get_by_role("link", name="画舫船票")).to_be_visible()
    expect(page.locator("#lexicon-status")).not_to_contain_text("新词")
    expect(page.locator("#lexicon-status")).not_to_contain_text("重建索引")
    page.goto("/lexicon/history")
    page.get_by_role("row", name=re.compile("摇橹船票.*等 3 条")).get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status").filter(has_text="已撤销")).to_be_visible()


def test_the_desk_is_kept_with_the_keyboard_alone(visit: Visits) -> None:
    page = visit("manager")
    page.goto("/lexicon/new")
    page.get_by_label("同义词").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("停用词")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.locator("#f-text")).to_be_focused()
    page.keyboard.type("欸乃声声")
    page.keyboard.press("Tab")
    page.keyboard.type("键盘")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="欸乃声声")).to_be_visible()
    remove(page, "试完了")


def test_words_that_found_nothing_begin_a_synonym(visit: Visits) -> None:
    for username in ("officer", "expert"):
        searched(visit(username), "欸乃渡口", hits=False)
    page = visit("manager")
    begin = page.get_by_role("link", name="设同义词 欸乃渡口")
    for _ in range(60):  # searches are written down every few seconds
        page.goto("/lexicon")
        if begin.count():
            break
        page.wait_for_timeout(500)
    begin.click()
    expect(page.locator("#f-text")).to_have_value("欸乃渡口 =>")
    expect(page.get_by_label("同义词")).to_be_checked()


def test_nobody_else_sees_the_desk(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/")
    expect(page.get_by_role("link", name="词库", exact=True)).to_have_count(0)
    answer = page.goto("/lexicon")
    assert answer is not None
    assert answer.status == 404


def write(page: Page, text: str, reason: str) -> None:
    page.locator("#f-text").fill(text)
    page.locator("#f-reason").fill(reason)


def save(page: Page) -> None:
    send(page.get_by_role("button", name="保存", exact=True))
    expect(page.get_by_role("status").filter(has_text="两秒内")).to_be_visible()


def remove(page: Page, reason: str) -> None:
    page.locator("summary", has_text="移除这一条").click()
    form = page.locator("details.action[open]")
    form.get_by_label("理由").fill(reason)
    send(form.get_by_role("button", name="移除"))
    expect(page.get_by_text(re.compile("已移除，检索中不再起作用|我看过影响"))).to_be_visible()


def label(page: Page, words: str, number: str) -> None:
    page.goto("/evaluation")
    form = page.locator("form.labels")
    form.locator("[name=words]").fill(words)
    form.locator("[name=answers]").fill(number)
    send(form.get_by_role("button", name="添加"))


def searched(page: Page, words: str, *, hits: bool) -> None:
    """Search again and again, for as long as a change may take to be in force."""
    found = page.locator(".hit-link")
    for _ in range(20):
        page.goto(f"/search?q={words}")
        if bool(found.count()) == hits:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{words}: {found.count()} hits")
