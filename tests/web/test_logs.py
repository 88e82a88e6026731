"""Logs tell what happened in one format, and nothing of persons, secrets or what was searched for."""

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kb_service.bootstrap import KnowledgeBase
from kb_service.config import BadSettings, Settings, load
from kb_service.store.audit import AuditLine
from tests.base import Clock, actor, base_at, populate
from tests.web.cli import started
from tests.web.conftest import Reader
from web import logs
from web.app import create_app

SECRET_URL = "postgresql+psycopg://kb:p/ss%40w:rd@db.example.org/kb"


class Written(io.StringIO):
    """What went to standard error."""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == "request"]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Written]]:
    """Has logs written as the settings say, and undoes that."""
    root = logging.getLogger()
    handlers, level, showing = root.handlers[:], root.level, warnings.showwarning

    def configured(**told: Any) -> Written:
        monkeypatch.setattr(sys, "stderr", Written())
        logs.configure(Settings(**told))
        return sys.stderr  # type: ignore[return-value]

    yield configured
    logging.captureWarnings(False)
    warnings.showwarning = showing
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def behind_proxy(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Reader]]:
    """A reader of a base that trusts the proxies of 192.0.2.0/28."""
    with base_at(tmp_path, clock) as kb:
        populate(kb)
        kb.settings = kb.settings.model_copy(update={"trusted_proxies": "192.0.2.0/28, ::1"})
        app = create_app(kb)

        @app.get("/who")
        def who() -> str:
            from flask import request

            return f"{request.remote_addr} {request.scheme}"

        def comes(address: str) -> Reader:
            client = app.test_client()
            client.environ_base["REMOTE_ADDR"] = address
            return Reader(client)

        yield comes


def test_a_request_is_one_line_without_person_address_or_words(
    written: Callable[..., Written], reader: Callable[..., Reader], kb: KnowledgeBase
) -> None:
    out = written(log="json")
    answer = reader("officer").get("/search?q=证书过期", environ_base={"REMOTE_ADDR": "192.0.2.99"})
    (line,) = out.requests()
    assert {name: line[name] for name in ("method", "route", "status", "door", "search", "level")} == {
        "method": "GET",
        "route": "/search",
        "status": 200,
        "door": "page",
        "search": "none",
        "level": "info",
    }
    assert line["ms"] >= 0
    assert line["timestamp"].endswith("Z")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    for told in ("证书", "officer", "192.0.2.99", str(kb.people.find("officer").name)):
        assert told not in out.getvalue()


def test_words_are_logged_where_that_is_asked_for(
    written: Callable[..., Written], tmp_path: Path, clock: Clock
) -> None:
    out = written(log="json")
    with base_at(tmp_path, clock) as kb:
        kb.settings = kb.settings.model_copy(update={"log_queries": True})
        create_app(kb).test_client().get("/api/v1/search?q=证书过期")
    assert out.requests()[0]["words"] == "证书过期"


def test_an_error_is_one_line_with_its_trace_and_without_the_values_of_locals(
    written: Callable[..., Written], reader: Callable[..., Reader], kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        caller = "\u738b小明的电话"
        raise RuntimeError(f"cannot reach {SECRET_URL} with Bearer kb_abcdefgh") from KeyError(len(caller))

    monkeypatch.setattr(kb.articles, "recent", fail)
    out = written(log="json")
    assert reader().get("/").status_code == 500
    error, request = out.lines()
    assert error["request_id"] == request["request_id"]
    assert "RuntimeError: cannot reach postgresql+psycopg://kb:***@db.example.org/kb" in error["exception"]
    for told in ("王小明的电话", "ss%40w", "kb_abcdefgh"):
        assert told not in out.getvalue()
    assert request["status"] == 500


def test_people_at_a_terminal_are_told_only_what_needs_them(
    written: Callable[..., Written], reader: Callable[..., Reader]
) -> None:
    out = written(log="text")
    reader().get("/")
    assert out.getvalue() == ""
    logging.getLogger("kb").warning("the disk of %s is nearly full", "kb.sqlite")
    (line,) = out.getvalue().splitlines()
    assert line.endswith("WARNING the disk of kb.sqlite is nearly full")


def test_lines_of_libraries_have_the_same_format(written: Callable[..., Written]) -> None:
    out = written(log="json")
    logging.getLogger("some.library").info("connected to %s", SECRET_URL)
    (line,) = out.lines()
    assert line["event"] == "connected to postgresql+psycopg://kb:***@db.example.org/kb"
    assert (line["logger"], line["level"]) == ("some.library", "info")


@given(
    password=st.text(
        st.characters(blacklist_categories=("Z", "C", "Cs"), blacklist_characters="@*"), min_size=1, max_size=30
    ),
    scheme=st.sampled_from(["http", "https", "postgresql+psycopg", "elasticsearch+https"]),
)
def test_no_address_keeps_its_password(password: str, scheme: str) -> None:
    masked = logs.Masking(())(None, "", {"event": f"tried {scheme}://someone:{password}@host:9200/x twice"})
    assert masked["event"] == f"tried {scheme}://someone:***@host:9200/x twice"


@pytest.mark.parametrize("name", ["secret", "metrics_token", "index_password", "index_api_key"])
def test_values_of_secret_settings_are_hidden_wherever_they_stand(name: str) -> None:
    assert name in Settings.model_fields
    hidden = logs.hidden(Settings(**{name: "a-long-value"}))
    masked = logs.Masking(hidden)(None, "", {"event": "said (a-long-value)", "status": 200})
    assert masked == {"event": "said (***)", "status": 200}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("0123456789abcdef0123456789abcdef", True),
        ("9c4f1f9e-58a9-4c1e-8f3c-0a8b2a3d4e5f", True),
        ("short", False),
        ("a" * 41, False),
        ("with space in it", False),
        ("line\tbreaking", False),
        ("<script>alert</script>", False),
        ("", False),
    ],
)
def test_a_request_keeps_the_name_a_trusted_proxy_gives_it_where_that_is_sane(
    behind_proxy: Callable[..., Reader], told: str, kept: bool
) -> None:
    answer = behind_proxy("192.0.2.1").get("/healthz", headers={"X-Request-Id": told})
    assert (answer.headers["X-Request-Id"] == told) == kept
    assert logs.SANE_ID.fullmatch(answer.headers["X-Request-Id"])


def test_nobody_else_names_requests(behind_proxy: Callable[..., Reader]) -> None:
    answer = behind_proxy("198.51.100.1").get("/healthz", headers={"X-Request-Id": "0123456789abcdef"})
    assert answer.headers["X-Request-Id"] != "0123456789abcdef"


@pytest.mark.parametrize(
    ("peer", "told", "seen"),
    [
        ("192.0.2.1", {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}, "203.0.113.5 https"),
        ("192.0.2.1", {"X-Forwarded-For": "10.0.0.1, 203.0.113.5"}, "203.0.113.5 http"),
        ("::ffff:192.0.2.1", {"X-Forwarded-For": "203.0.113.5"}, "203.0.113.5 http"),
        ("::1", {"X-Forwarded-For": "203.0.113.5"}, "203.0.113.5 http"),
        ("192.0.2.99", {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}, "192.0.2.99 http"),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5", "Forwarded": "for=203.0.113.5"}, "127.0.0.1 http"),
        ("192.0.2.1", {}, "192.0.2.1 http"),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(
    behind_proxy: Callable[..., Reader], peer: str, told: dict[str, str], seen: str
) -> None:
    assert behind_proxy(peer).get("/who", headers=told).text == seen


@pytest.mark.parametrize("told", ["here", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1;10.0.0.2"])
def test_what_is_no_network_is_refused_by_name(told: str) -> None:
    with pytest.raises(BadSettings, match="KB_TRUSTED_PROXIES"):
        load(trusted_proxies=told)


def test_the_audit_names_the_request_as_its_answer_does(
    kb: KnowledgeBase, reader: Callable[..., Reader], publish: Callable[..., str]
) -> None:
    number, expert = publish("证书过期怎么办"), reader("expert")
    version = kb.articles.get(actor(kb, "expert"), number).version
    answer = expert.post(f"/articles/{number}/propose_retire", seen_version=version, reason="系统已下线")
    with kb.database.read() as session:
        last = session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
    assert last is not None
    assert (last.door, last.request_id) == ("page", answer.headers["X-Request-Id"])


def test_gunicorn_speaks_the_same_format(tmp_path: Path) -> None:
    server = started("serve", KB_HOME=str(tmp_path), KB_PORT="0", KB_LOG="json", PYTHONUNBUFFERED="1")
    assert server.stdout
    assert any("http://" in line for line in server.stdout)
    server.terminate()
    _, told = server.communicate(timeout=60)
    lines = [json.loads(line) for line in told.splitlines()]
    assert {"gunicorn.error"} <= {line["logger"] for line in lines}
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
