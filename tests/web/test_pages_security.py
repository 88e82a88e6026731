"""What holds on every page: headers, cookies, forgery protection, limits, and cleaned input."""

import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kb_service.bootstrap import KnowledgeBase
from kb_service.config import Settings
from tests.web.conftest import Reader
from web import params, security
from web.app import create_app
from web.pages.account import local_path

Readers = Callable[..., Reader]
PAGES = (
    "/", "/search?q=打印机", "/articles", "/reports", "/reports/new", "/imports", "/imports/new", "/candidates",
    "/candidates/new", "/reviews", "/articles/KB000001", "/nowhere", "/sign-in", "/account/password",
)  # fmt: skip


class Inline(HTMLParser):
    """Finds what the content policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]
        self.found += [value for value in names.values() if value and value.startswith(("http:", "https:", "//"))]


def test_no_page_has_anything_inline_or_from_elsewhere(reader: Readers, publish: Any) -> None:
    publish("打印机脱机")
    expert = reader("expert")
    for path in PAGES:
        inline = Inline()
        inline.feed(expert.get(path).text)
        assert inline.found == [], path


def test_every_answer_carries_the_headers(reader: Readers) -> None:
    expert = reader("expert")
    for path in (*PAGES, "/healthz", "/attachments/none"):
        answer = expert.get(path)
        assert {name: answer.headers[name] for name in security.HEADERS} == security.HEADERS, path
        assert answer.headers["Cache-Control"] == "no-store", path
    with expert.get("/static/app.css") as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" not in answer.headers["Cache-Control"]


def test_cookies_are_strict_under_https_and_usable_without(kb: KnowledgeBase, tmp_path: Path) -> None:
    plain = create_app(kb).test_client().get("/").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    kb.settings = Settings(home=tmp_path, public_url="https://kb.example")
    answer = create_app(kb).test_client().get("/", base_url="https://kb.example")
    assert answer.headers["Set-Cookie"].startswith("__Host-kb=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers


def test_no_form_is_taken_without_its_token(app: Any, reader: Readers) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods and not rule.rule.startswith("/api/")]
    assert len(rules) > 15
    for rule in rules:
        path = re.sub(r"<number:[^>]*>", "KB000001", rule.rule)
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", re.sub(r"<id:[^>]*>", "1", path))
        for person in ("", "expert"):
            answer = reader(person).client.post(path, data={"csrf_token": "forged"})
            assert answer.status_code == 400, path
            assert "没有执行" in answer.text


def test_nothing_changes_by_get(reader: Readers, publish: Any) -> None:
    number = publish("打印机脱机")
    for path in (f"/articles/{number}/feedback", f"/articles/{number}/revise", "/candidates/1/submit", "/language"):
        assert reader("expert").get(path).status_code in (404, 405)


def test_a_body_has_the_limit_of_its_address(reader: Readers) -> None:
    visitor = reader()
    for path, size, status in (("/language", 3, 413), ("/search", 3, 200), ("/search", 13, 413)):
        answer = visitor.post(path, q="x" * size * security.MB)
        assert answer.status_code == status
        assert ("太大" in answer.text) == (status == 413)


def test_a_thousand_form_parts_are_too_many(reader: Readers) -> None:
    files = {f"f{n}": (io.BytesIO(b"x"), "x") for n in range(1001)}
    assert reader().client.post("/language", data=files).status_code == 413


def test_an_impossible_address_is_no_page(reader: Readers) -> None:
    expert = reader("expert")
    for path in (
        "/articles/KB99999999999999999999",
        "/candidates/99999999999999999999",
        "/imports/0",
        "/articles/%00",
        "/reports/BGx",
        "/articles/KB000001/revisions/2147483648",
        "/attachments/../../etc/passwd",
        "/static/../app.py",
    ):
        assert expert.get(path).status_code == 404, path


@given(st.text(st.characters()))
def test_cleaned_text_can_go_anywhere(told: str) -> None:
    cleaned = params.clean(told)
    cleaned.encode()
    assert params.clean(cleaned) == cleaned
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", cleaned)


def test_a_lone_surrogate_becomes_a_question() -> None:
    assert params.clean("证书\ud800过期\x00\r\n") == "证书\ufffd过期\n"


@given(st.text())
def test_onward_leads_to_this_site_alone(told: str) -> None:
    from flask import Flask

    app = Flask(__name__)
    app.add_url_rule("/", "search.home", lambda: "")
    with app.test_request_context():
        path = local_path(told)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))


def test_a_language_is_switched_and_leads_back_to_this_site(reader: Readers) -> None:
    visitor = reader()
    for told in ("//evil", "/\\evil", "https:evil", "/a\r\nLocation: x", "javascript:1", ""):
        assert visitor.post("/language", language="en", next=told).location == "/"
    assert visitor.post("/language", language="en", next="/search?q=x").location == "/search?q=x"
    assert 'lang="en"' in visitor.get("/").text
    assert "Something wrong? Search first" in visitor.get("/").text


def test_without_visitors_every_page_leads_to_the_sign_in(kb: KnowledgeBase, tmp_path: Path) -> None:
    kb.settings = Settings(home=tmp_path, anonymous=False)
    client = create_app(kb).test_client()
    for path in ("/", "/search?q=x", "/articles/KB000001", "/reports"):
        assert client.get(path).location.startswith("/sign-in?next=")
    assert client.get("/sign-in").status_code == 200
    with client.get("/static/app.css") as answer:
        assert answer.status_code == 200
    assert client.get("/healthz").status_code == 200


def test_our_own_fault_is_told_without_its_trace(reader: Readers, kb: KnowledgeBase, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(kb.articles, "recent", fail)
    page = reader("expert").get("/")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    assert "RuntimeError" not in page.text


def test_readiness_follows_the_index(reader: Readers, kb: KnowledgeBase) -> None:
    assert reader().get("/readyz").status_code == 200
    assert reader().get("/healthz").get_json() == {"status": "ok"}
