"""Nobody keeps the service from others by asking too often."""

import pytest

from kb_service.bootstrap import KnowledgeBase
from kb_service.config import Settings
from web import rates
from web.app import create_app
from web.rates import RATES, Buckets, _asked


def stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between two requests, however slow the machine is."""
    monkeypatch.setattr(rates, "Buckets", lambda: Buckets(lambda: 0.0))


def test_a_burst_is_let_through_then_the_pace_is_kept() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0])
    assert [buckets.wait("me", "search") for _ in range(RATES["search"].burst)] == [0.0] * RATES["search"].burst
    wait = buckets.wait("me", "search")
    assert 0 < wait <= 0.5
    assert buckets.wait("you", "search") == 0
    now[0] += wait
    assert buckets.wait("me", "search") == 0


def test_a_visitor_who_asks_too_often_is_told_when_to_come_back(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_still(monkeypatch)
    kb.settings = Settings(home=kb.settings.home, public_url="http://kb.example")
    client = create_app(kb).test_client()
    burst = RATES["visitor"].burst
    *answers, refused = (client.get("/api/v1/search?q=票") for _ in range(burst + 1))
    assert {answer.status_code for answer in answers} == {200}
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.get_json()["code"] == "http_429"
    assert client.get("/healthz").status_code == 200


def test_a_base_for_this_machine_alone_is_not_limited(kb: KnowledgeBase) -> None:
    client = create_app(kb).test_client()
    assert {client.get("/healthz").status_code for _ in range(RATES["visitor"].burst * 3)} == {200}
    assert {client.get("/api/v1/articles/KB000001").status_code for _ in range(RATES["visitor"].burst * 3)} == {404}


def test_what_is_asked_while_writing_counts_as_searching(kb: KnowledgeBase) -> None:
    app = create_app(kb)
    for path, method, asked in (
        ("/candidates/nearest", "POST", "search"),
        ("/why", "GET", "search"),
        ("/candidates/new", "POST", "write"),
    ):
        with app.test_request_context(path, method=method):
            assert _asked() == asked


def test_typing_is_counted_by_itself(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)
    kb.settings = Settings(home=kb.settings.home, public_url="http://kb.example")
    client = create_app(kb).test_client()
    typed = [
        client.get(f"{path}?q=票") for path in ("/suggest", "/api/v1/suggest") for _ in range(RATES["suggest"].burst)
    ]
    assert [answer.status_code for answer in typed] == [200] * (len(typed) // 2) + [429] * (len(typed) // 2)
    assert client.get("/search?q=票").status_code == 200
