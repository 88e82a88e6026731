"""An officer has a problem at the counter: finds the article while typing, follows its steps, says that it helped."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

QUESTION = "开票软件登录不上 提示证书过期"
ANSWER = "开票软件登录不上，提示“证书过期”"
Visits = Callable[..., Page]


@pytest.mark.parametrize("username", ["", "officer"])
def test_an_officer_finds_the_article_while_typing_follows_it_and_says_so(visit: Visits, username: str) -> None:
    page = visit(username)
    page.goto("/")
    page.evaluate("window.same = true")
    for part in re.findall("[^ ]+ ?", QUESTION):
        page.keyboard.type(part)
        expect(page.locator(".hit-link").first).to_be_visible()
        expect(page).to_have_url(re.compile("/search.q="))
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("q") == [QUESTION])
    first = page.locator(".hit-link").first
    expect(first).to_have_text(ANSWER)
    expect(page.get_by_role("status").filter(has_text="找到")).to_have_count(1)
    assert page.evaluate("window.same"), "the page was loaded again"

    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ANSWER)
    steps = page.get_by_role("checkbox", name="做完这一步")
    expect(steps.first).to_be_visible()
    for n in range(steps.count()):
        steps.nth(n).check()
    expect(page.get_by_text(f"已做 {steps.count()} / {steps.count()} 步")).to_be_visible()
    page.get_by_role("button", name="解决了").click()
    expect(page.get_by_text("谢谢，已记下：解决了。")).to_be_visible()


def test_ticked_steps_are_still_ticked_after_a_visit_elsewhere(visit: Visits) -> None:
    page = visit()
    page.goto(f"/search?q={QUESTION}")
    page.locator(".hit-link").first.click()
    page.get_by_role("checkbox", name="做完这一步 2").check()
    page.goto("/")
    page.go_back()
    expect(page.get_by_role("checkbox", name="做完这一步 2")).to_be_checked()
    expect(page.get_by_role("checkbox", name="做完这一步 1")).not_to_be_checked()


def test_why_an_article_did_not_help_is_told_in_words(visit: Visits) -> None:
    page = visit("officer")
    page.goto("/articles/KB000001")
    page.locator("summary", has_text="没解决").click()
    page.get_by_label("差在哪里").fill("第二步的菜单在新版里没有")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("谢谢，已记下：没解决。")).to_be_visible()


def test_text_still_in_the_input_method_is_not_searched(visit: Visits) -> None:
    page = visit()
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/search?" in request.url else None)
    typing = page.context.new_cdp_session(page)
    typing.send("Input.imeSetComposition", {"text": "kai piao", "selectionStart": 8, "selectionEnd": 8})
    page.wait_for_timeout(600)
    assert asked == []
    typing.send("Input.insertText", {"text": "开票"})
    expect(page.locator(".hit-link").first).to_be_visible()
    assert len(asked) == 1


def test_a_reader_with_a_keyboard_alone_searches_chooses_opens_and_comes_back(visit: Visits) -> None:
    page = visit()
    page.goto("/articles/KB000001")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="检索")).to_be_focused()
    page.keyboard.type("打印机")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")  # its scripts have run once it is loaded
    hits = page.locator(".hit-link")
    expect(hits.nth(1)).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    for key, n in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(hits.nth(n)).to_be_focused()
        assert _focus_is_seen(page)
    title = hits.first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.go_back()
    expect(hits.first).to_be_visible()


def test_tab_reaches_everything_in_the_order_of_reading_and_is_always_seen(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/reports/new")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    places = []
    for _ in range(30):  # a field of a date has three stops
        assert _focus_is_seen(page)
        places.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        page.keyboard.press("Tab")
    assert places == sorted(places)
    assert len(set(places)) > 20


def test_escape_closes_what_was_opened_and_gives_the_focus_back(visit: Visits) -> None:
    page = visit("officer")
    page.goto("/")
    person = page.locator(".menu > summary")
    person.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
    expect(person).to_be_focused()


def test_a_facet_narrows_the_hits_and_the_way_back_widens_them_again(visit: Visits) -> None:
    page = visit()
    page.goto("/search?q=打印")
    everything = page.locator(".found-count strong").inner_text()
    facet = page.get_by_role("complementary", name="筛选").get_by_role("link", name=re.compile("^操作指南"))
    count = facet.locator(".count").inner_text()
    facet.click()
    expect(page.locator(".found-count strong")).to_have_text(count)
    expect(page).to_have_url(re.compile("kind=howto"))
    page.get_by_role("link", name="清除筛选").click()
    expect(page.locator(".found-count strong")).to_have_text(everything)


def test_a_whole_log_is_pasted_and_its_code_is_found(visit: Visits) -> None:
    page = visit("officer")
    page.goto("/")
    page.get_by_text("粘贴日志或整段文字").click()
    log = "2026-03-05 09:00:00 INFO heartbeat ok\n" * 400 + "身份认证失败：所接收的证书已过期 0x80090328\n"
    page.get_by_label("日志或整段文字").fill(log)
    page.get_by_role("button", name="检索这段文字").click()
    expect(page.locator(".hit-link").first).to_have_text(ANSWER)


def test_the_language_changes_in_place_and_stays(visit: Visits) -> None:
    page = visit()
    page.goto("/search?q=打印机")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile(r"/search\?q="))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("combobox", name="Search")).to_have_value("打印机")
    for path in ("/", "/search?q=qwertzuiop", "/articles", "/sign-in", "/nowhere"):
        page.goto(path)
        words = page.locator("body").inner_text().replace("中文", "").replace("知解", "")
        assert "登录" not in words
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def _focus_is_seen(page: Page) -> bool:
    """The element with the focus has an outline, and is not under another one."""
    return page.evaluate(
        """() => {
            const focused = document.activeElement, box = focused.getBoundingClientRect();
            const inside = (length) => Math.min(length, 20) / 2;
            const top = document.elementFromPoint(box.x + inside(box.width), box.y + inside(box.height));
            const ring = parseFloat(getComputedStyle(focused).outlineWidth) > 0;
            return ring && (focused.contains(top) || top?.contains(focused));
        }"""
    )
