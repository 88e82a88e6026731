"""What the search box offers while typing, and what the results say of a slip."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.test_every_page import AXE, RUN, TAGS

Visits = Callable[..., Page]

TITLE = "电子税务局扫脸认证不通过，提示“人脸比对失败”"


def typed(page: Page, words: str) -> None:
    """Typed until something is offered: the texts may still be loading when the first reader comes."""
    options = page.get_by_role("option")
    box = page.get_by_role("combobox", name="检索")
    for _ in range(10):
        box.fill("")
        box.press_sequentially(words, delay=20)
        page.wait_for_timeout(600)  # what was offered for the first letters is not meant
        with suppress(Error):
            options.first.wait_for(timeout=3_000)
            return
    raise AssertionError(f"nothing was offered for {words}")


def test_a_reader_types_initials_and_opens_what_is_offered(visit: Visits) -> None:
    page = visit()
    page.goto("/")
    typed(page, "dzsw局sl")
    box = page.get_by_role("combobox", name="检索")
    expect(box).to_have_attribute("aria-expanded", "true")
    option = page.get_by_role("option", name=TITLE)
    expect(option).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_the_arrows_go_round_and_escape_keeps_what_was_typed(visit: Visits) -> None:
    page = visit()
    page.goto("/articles")
    typed(page, "dianzishuiwu")
    box, options = page.get_by_role("combobox", name="检索"), page.get_by_role("option")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("dianzishuiwu")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/search.q=dianzishuiwu"))


def test_an_option_opens_by_mouse_and_by_touch(visit: Visits) -> None:
    page = visit()
    page.goto("/")
    typed(page, "dzsw局sl")
    page.get_by_role("option", name=TITLE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    phone = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.goto("/articles")
    typed(phone, "dzsw局sl")
    option = phone.get_by_role("option", name=TITLE)
    box = option.bounding_box()
    assert box
    assert box["height"] >= 44
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    option.tap()
    expect(phone.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_the_list_closes_when_the_reader_goes_elsewhere(visit: Visits) -> None:
    page = visit()
    page.goto("/articles")
    typed(page, "dzsw")
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_list_is_accessible_and_told(visit: Visits, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    page.goto("/")
    typed(page, "dzsw")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(re.compile(r"^有 \d+ 条建议"))).to_be_attached()
    page.evaluate(AXE)
    assert page.evaluate(RUN, TAGS) == []


def test_letters_of_an_input_method_offer_nothing_until_they_are_chosen(visit: Visits) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: "/suggest?" in request.url and asked.append(request.url))
    page.goto("/articles")
    typed(page, "dzsw")
    box = page.get_by_role("combobox", name="检索")
    box.fill("")
    expect(page.get_by_role("listbox")).to_be_hidden()
    asked.clear()
    session = page.context.new_cdp_session(page)
    for letters in ("d", "di", "dian"):
        session.send(
            "Input.imeSetComposition", {"text": letters, "selectionStart": len(letters), "selectionEnd": len(letters)}
        )
    page.wait_for_timeout(500)
    assert asked == []
    session.send("Input.insertText", {"text": "电子税务局"})
    expect(page.get_by_role("option").first).to_be_visible()
    assert len(asked) == 1


def test_a_slip_is_searched_as_it_was_meant_and_the_way_back_leads_to_what_was_typed(visit: Visits) -> None:
    page = visit()
    page.goto("/search?q=kaipiao ruanjian")
    expect(page.locator(".understood")).to_contain_text("已按“开票软件”检索")
    expect(page.locator(".hit-link mark").first).to_have_text("开票软件")
    page.get_by_role("link", name="仍要检索“kaipiao ruanjian”").press("Enter")
    expect(page).to_have_url(re.compile("exact=1"))
    expect(page.get_by_text("没有找到", exact=True)).to_be_visible()


def test_what_may_have_been_meant_is_one_click_away(visit: Visits) -> None:
    page = visit()
    page.goto("/search?q=增值睡发票")
    page.get_by_role("link", name="增值税发票", exact=True).click()
    expect(page.get_by_role("combobox", name="检索")).to_have_value("增值税发票")
    expect(page.get_by_text("您是不是要找")).to_have_count(0)


def test_without_a_script_the_box_is_a_plain_form_and_slips_are_repaired_all_the_same(visit: Visits) -> None:
    page = visit(script=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("kaipiao ruanjian")
    page.get_by_role("button", name="检索", exact=True).click()
    expect(page.locator(".understood")).to_contain_text("已按“开票软件”检索")
    expect(page.get_by_role("listbox")).to_have_count(0)
