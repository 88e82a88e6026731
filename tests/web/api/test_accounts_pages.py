"""Signing in and out through the pages: what a session is worth, when it ends, and what nobody can do with it."""

import re
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb_service.bootstrap import KnowledgeBase
from tests.base import Clock
from web import accounts
from web.app import create_app

PASSWORD, OTHER = "早上先喝一大杯水", "晚上再读几页旧书"


class Browser:
    """Sends forms with the token of the page, as a browser does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def csrf(self) -> str:
        found = re.search('name="csrf-token" content="([^"]+)"', self.client.get("/sign-in").text)
        assert found
        return found[1]

    def post(self, path: str, **told: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf(), **told})

    def sign_in(self, username: str = "expert", password: str = PASSWORD, onward: str = "") -> TestResponse:
        return self.post("/sign-in", username=username, password=password, next=onward)

    def signed_in(self) -> bool:
        return self.client.get("/account/password").status_code == 200

    def cookie(self) -> str:
        cookie = self.client.get_cookie("kb")
        return cookie.value if cookie else ""


@pytest.fixture
def browser(app: Flask, kb: KnowledgeBase, store: accounts.Store) -> Callable[[], Browser]:
    """A browser of its own with every call; expert and reviewer have the password."""
    for name in ("expert", "reviewer"):
        accounts.set_password(store, kb.people.find(name).id, PASSWORD)
    return lambda: Browser(app.test_client())


def test_the_right_password_opens_a_session_and_signing_out_ends_it(browser: Callable[[], Browser]) -> None:
    mine = browser()
    assert not mine.signed_in()
    answer = mine.sign_in()
    assert (answer.status_code, answer.location) == (303, "/")
    assert mine.signed_in()
    assert "expert·名" in mine.client.get("/").text
    assert mine.post("/sign-out").status_code == 303
    assert not mine.signed_in()


def test_a_copied_cookie_is_worth_nothing_after_signing_out(browser: Callable[[], Browser]) -> None:
    mine, thief = browser(), browser()
    mine.sign_in()
    thief.client.set_cookie("kb", mine.cookie())
    assert thief.signed_in()
    mine.post("/sign-out")
    thief.client.set_cookie("kb", mine.cookie() or "x")
    assert not thief.signed_in()


def test_a_cookie_from_before_signing_in_is_worth_nothing(browser: Callable[[], Browser]) -> None:
    mine, other = browser(), browser()
    mine.client.get("/search?q=x")
    mine.csrf()
    before = mine.cookie()
    mine.sign_in()
    assert mine.cookie() != before
    other.client.set_cookie("kb", before)
    assert not other.signed_in()


@pytest.mark.parametrize("cookie", ["x", "eyJhY2NvdW50IjoiYSJ9.aaaaaa.bbbb", ".eJw", "\x7f"])
def test_a_forged_cookie_is_a_visitors(browser: Callable[[], Browser], cookie: str) -> None:
    mine = browser()
    mine.client.set_cookie("kb", cookie)
    assert not mine.signed_in()


def test_wrong_unknown_disabled_and_waiting_look_the_same(
    browser: Callable[[], Browser], kb: KnowledgeBase, store: accounts.Store
) -> None:
    accounts.set_password(store, kb.people.find("agent").id, PASSWORD)
    kb.people.disable(kb.people.local(), "agent")
    for _ in range(5):
        browser().sign_in("reviewer", "wrong")

    def answer(username: str, password: str) -> tuple[int, str]:
        told = browser().sign_in(username, password)
        return told.status_code, re.sub(r'(content|value)="[^"]*"', "", told.text)

    wrong = answer("expert", "wrong")
    assert wrong[0] == 422
    assert "用户名或密码不对" in wrong[1]
    for username in ("nobody", "agent", "reviewer", "officer", "x" * 64, "' or 1=1 --"):
        assert answer(username, PASSWORD) == wrong


def test_an_unknown_name_takes_as_long_as_a_wrong_password(
    store: accounts.Store, kb: KnowledgeBase, browser: Callable[[], Browser], monkeypatch: Any
) -> None:
    from argon2 import Parameters, Type

    from web.accounts import credentials, passwords

    monkeypatch.setattr(
        passwords, "COSTS", Parameters(Type.ID, 19, 16, 32, time_cost=1, memory_cost=16384, parallelism=1)
    )
    accounts.set_password(store, kb.people.find("expert").id, PASSWORD)

    def takes(username: str) -> float:
        begun = perf_counter()
        assert credentials.check(store, username, "wrong", "10.0.0.1") is None
        return perf_counter() - begun

    times = [(takes("nobody"), takes("expert")) for _ in range(9)]
    unknown, known = (median(column) for column in zip(*times, strict=True))
    assert 0.3 < unknown / known < 3.5


def test_an_open_session_outlives_failures_of_others(browser: Callable[[], Browser]) -> None:
    mine = browser()
    mine.sign_in()
    for _ in range(6):
        browser().sign_in("expert", "wrong")
    assert browser().sign_in().status_code == 422
    assert mine.signed_in()


def test_an_address_that_fails_too_often_is_told_to_wait(browser: Callable[[], Browser], clock: Clock) -> None:
    mine = browser()
    for n in range(100):
        assert mine.sign_in(f"nobody{n}", "wrong").status_code == 422
    answer = mine.sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    pretended = mine.client.post(
        "/sign-in", data={"csrf_token": mine.csrf(), "username": "x"}, headers={"X-Forwarded-For": "10.9.9.9"}
    )
    assert pretended.status_code == 429
    clock.forward(minutes=1)
    assert mine.sign_in().status_code == 303


def test_a_session_ends_idle_or_old(browser: Callable[[], Browser], clock: Clock) -> None:
    mine = browser()
    mine.sign_in()
    clock.forward(minutes=29)
    assert mine.signed_in()
    clock.forward(minutes=30)
    assert not mine.signed_in()
    mine.sign_in()
    for _ in range(35):
        clock.forward(minutes=20)
        assert mine.signed_in()
    clock.forward(minutes=20)
    assert not mine.signed_in()


def test_a_disabled_person_loses_session_and_token_at_the_next_request(
    browser: Callable[[], Browser], program: Callable[..., Any], kb: KnowledgeBase
) -> None:
    mine, theirs = browser(), program("expert")
    mine.sign_in()
    assert theirs.get("/reports").status_code == 200
    kb.people.disable(kb.people.local(), "expert")
    assert not mine.signed_in()
    assert theirs.get("/reports").status_code == 401


def test_changing_the_password_ends_every_other_session(browser: Callable[[], Browser]) -> None:
    mine, elsewhere, others = browser(), browser(), browser()
    mine.sign_in()
    elsewhere.sign_in()
    others.sign_in("reviewer")
    answer = mine.post("/account/password", current=PASSWORD, new=OTHER, again=OTHER)
    assert answer.status_code == 200
    assert "密码已修改" in answer.text
    assert mine.signed_in()
    assert others.signed_in()
    assert not elsewhere.signed_in()
    assert elsewhere.sign_in().status_code == 422
    assert elsewhere.sign_in(password=OTHER).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "told"),
    [
        ("wrong", OTHER, OTHER, "当前密码不对"),
        ("", "", "", "当前密码不对"),
        (PASSWORD, OTHER, OTHER + "x", "不一样"),
        (PASSWORD, "短", "短", "至少 8 个字符"),
        (PASSWORD, "长" * 200, "长" * 200, "最多 128"),
        (PASSWORD, "Tax@2026", "Tax@2026", "太常见"),
    ],
)
def test_a_password_that_cannot_be_taken_is_refused_with_a_sentence(
    browser: Callable[[], Browser], current: str, new: str, again: str, told: str
) -> None:
    mine = browser()
    mine.sign_in()
    answer = mine.post("/account/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert told in answer.text
    assert browser().sign_in().status_code == 303


@pytest.mark.parametrize(
    "onward",
    ["//evil", "/\\evil", "\\\\evil", "https:evil", "https://evil/", "javascript:alert(1)", "data:text/html,x",
     "/\t/evil", "/\r\nLocation: https://evil", "%2f%2fevil", "evil", " //evil", "/ /evil"],
)  # fmt: skip
def test_signing_in_leads_to_this_site_alone(browser: Callable[[], Browser], onward: str) -> None:
    mine = browser()
    for answer in (mine.sign_in(onward=onward), mine.client.get("/sign-in", query_string={"next": onward})):
        assert answer.headers.get("Location", "/") == "/"


def test_signing_in_leads_back_to_where_one_was(browser: Callable[[], Browser]) -> None:
    mine = browser()
    led = mine.client.get("/account/password").location
    assert led == "/sign-in?next=%2Faccount%2Fpassword"
    assert 'value="/account/password"' in mine.client.get(led).text
    assert mine.sign_in(onward="/reports?system=%E5%BC%80%E7%A5%A8").location == "/reports?system=%E5%BC%80%E7%A5%A8"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/account/password"])
def test_a_form_from_elsewhere_changes_nothing(browser: Callable[[], Browser], path: str) -> None:
    mine, other = browser(), browser()
    mine.sign_in()
    told = {"username": "reviewer", "password": PASSWORD, "current": PASSWORD, "new": OTHER, "again": OTHER}
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}, {"csrf_token": other.csrf()}):
        assert mine.client.post(path, data={**told, **token}).status_code == 400
    assert mine.client.post(path, json=told).status_code == 400
    assert mine.client.post(path, data="username=x", content_type="text/plain").status_code == 400
    assert mine.signed_in()
    assert "expert·名" in mine.client.get("/").text
    assert browser().sign_in().status_code == 303


def test_signing_out_is_not_done_by_a_link(browser: Callable[[], Browser]) -> None:
    mine = browser()
    mine.sign_in()
    assert mine.client.get("/sign-out").status_code == 405
    assert mine.client.head("/sign-out").status_code == 405
    assert mine.signed_in()


def test_a_session_opens_pages_and_never_the_api(browser: Callable[[], Browser]) -> None:
    mine = browser()
    mine.sign_in()
    assert mine.client.get("/reports").status_code == 200
    assert mine.client.post("/api/v1/reports", json={"phenomenon": "x"}).status_code == 401
    assert mine.client.get("/api/v1/candidates").get_json()["total"] == 0


def test_the_chosen_language_survives_signing_in(browser: Callable[[], Browser]) -> None:
    mine = browser()
    mine.post("/language", language="en")
    mine.sign_in()
    assert 'lang="en"' in mine.client.get("/").text


def test_no_page_of_the_account_library_is_open(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert not rules & {
        "/login",
        "/logout",
        "/register",
        "/reset",
        "/change",
        "/confirm",
        "/verify",
        "/tf-setup",
        "/us-signin",
    }


def test_what_is_done_after_signing_in_is_audited_with_its_address(
    browser: Callable[[], Browser], store: accounts.Store
) -> None:
    from sqlalchemy import text

    mine = browser()
    mine.sign_in()
    mine.post("/account/password", current=PASSWORD, new=OTHER, again=OTHER)
    mine.post("/sign-out")
    with store.read() as session:
        told = session.execute(
            text("select action, actor, door, address from audit where door != '' order by id")
        ).all()
    assert [tuple(line) for line in told] == [
        (action, "expert", "page", "127.0.0.1") for action in ("sign_in", "set_password", "sign_in", "sign_out")
    ]


def test_the_application_starts_without_the_accounts_of_anybody(kb: KnowledgeBase, store: accounts.Store) -> None:
    answer = Browser(create_app(kb).test_client()).sign_in()
    assert answer.status_code == 422


def test_accounts_share_the_connections_of_the_base(app: Flask, kb: KnowledgeBase) -> None:
    kept: accounts.Store = app.extensions["accounts"]
    assert kept.database is kb.database
