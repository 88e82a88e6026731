"""Why a hit was found, what lies near, what is learned and how it is evaluated, by keyboard and mouse."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text("utf-8")
RUN = """async () => (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
    .violations.map((broken) => `${broken.id}: ${broken.nodes.map((node) => node.html).join(" ")}`)"""
WORDS = "开票软件登录不上 提示证书过期"
ASKING = "开票助手进不去 证书失效"

Visits = Callable[..., Page]


def violations(page: Page) -> Any:
    page.evaluate(AXE)
    return page.evaluate(RUN)


def test_a_hit_says_why_it_was_found(visit: Visits) -> None:
    page = visit()
    page.goto(f"/search?q={WORDS}")
    door = page.locator(".why-door").first
    door.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(door.locator(".why-terms mark").first).to_be_visible()
    expect(door).to_contain_text("证书")
    expect(door).to_contain_text("标题")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(door.locator(".why-terms")).to_be_hidden()


def test_without_script_the_explanation_is_a_page(visit: Visits) -> None:
    page = visit(script=False)
    page.goto(f"/search?q={WORDS}")
    page.locator(".why-door summary").first.click()
    page.locator(".why-door").first.get_by_role("link", name="打开说明").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("为什么排在这里")
    expect(page.locator(".why-terms mark").first).to_be_visible()


def test_a_manager_sees_what_stands_in_front(visit: Visits) -> None:
    page = visit("manager")
    page.goto(f"/search?q={WORDS}")
    second = page.locator(".why-door").nth(1)
    second.locator("summary").click()
    second.get_by_role("link", name="为什么不更靠前").click()
    expect(page.get_by_role("heading", name="没有更靠前的原因")).to_be_visible()
    expect(page.get_by_text("第 1 名")).to_be_visible()
    expect(page.get_by_text("第 2 名")).to_be_visible()
    expect(page.get_by_role("heading", name="得分的组成")).to_be_visible()
    assert violations(page) == []


def test_an_article_leads_to_related_ones(visit: Visits) -> None:
    page = visit()
    page.goto(f"/search?q={WORDS}")
    page.locator(".hit-link").first.click()
    panel = page.locator(".panel", has=page.get_by_role("heading", name="相关知识"))
    expect(panel.get_by_role("link").first).to_be_visible()
    title = panel.locator(".line-title").first.inner_text()
    panel.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_whoever_writes_sees_repeated_passages_while_typing(visit: Visits) -> None:
    page = visit("expert")
    page.goto("/candidates/new")
    page.get_by_label("标题").fill("登录不上")
    page.get_by_label("现象").press_sequentially("打开开票软件，输入口令后停在登录界面进不去")
    near = page.locator("#nearest")
    expect(near.locator("mark").first).to_contain_text("输入口令后停在登录界面进不去")
    expect(near).to_contain_text(re.compile("这里写的有 [0-9]+% 与它相同"))
    assert violations(page) == []


@pytest.fixture
def learned(visit: Visits) -> str:
    """The address of an article that three people found with the same words."""
    for username in ("officer", "agent", "operator"):
        page = visit(username)
        page.goto(f"/search?q={ASKING}")
        page.locator(".hit-link", has_text="证书过期").first.click()
        page.get_by_role("button", name="解决了").click()
        expect(page.get_by_text("谢谢，已记下：解决了。")).to_be_visible()
    return page.url


def test_what_several_people_asked_is_learned_and_the_owner_takes_it_back(visit: Visits, learned: str) -> None:
    reader = visit()
    reader.goto(learned)
    told = reader.locator(".asked li", has_text=ASKING)
    expect(told).to_contain_text("学自检索")
    expect(told.get_by_role("button")).to_have_count(0)

    manager = visit("manager")
    manager.goto("/evaluation")
    manager.get_by_role("button", name="现在评测").click()
    row = manager.get_by_role("row", name=re.compile(ASKING))
    expect(row).to_contain_text("使用中收集")
    assert violations(manager) == []

    owner = visit("expert")
    owner.goto(learned)
    owner.get_by_role("button", name=f"删除“{ASKING}”").click()
    expect(owner.locator(".asked li", has_text=ASKING)).to_have_count(0)


def test_a_manager_keeps_labelled_queries(visit: Visits) -> None:
    page = visit("manager")
    page.goto("/evaluation")
    page.get_by_label("检索词").last.fill("打印机脱机怎么办 新标注")
    page.get_by_label("能解答的知识").first.fill("KB000001")
    page.get_by_role("button", name="添加").press("Enter")
    row = page.get_by_role("row", name=re.compile("新标注"))
    expect(row).to_contain_text("人工标注")
    row.get_by_text("修改").press("Enter")
    assert violations(page) == []
    row.get_by_role("button", name="删除").click()
    expect(page.get_by_role("row", name=re.compile("新标注"))).to_have_count(0)
