"""Figures: what was asked and how base and engine stand, for whoever may read them, whatever is away."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from indexer.errors import EngineUnavailable
from kb_service.bootstrap import KnowledgeBase
from kb_service.errors import DatabaseBusy
from kb_service.results import BackupState
from tests.base import Clock, base_at, populate
from tests.web.cli import started
from tests.web.conftest import Reader
from web import metrics
from web.app import create_app
from web.patience import Patient

TOKEN = "a-token-for-machines"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Figures:
    """The samples of an exposition, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(figures: Figures, name: str, **labels: str) -> float | None:
    return figures.get((name, frozenset(labels.items())))


@pytest.fixture
def figures(reader: Callable[..., Reader]) -> Callable[[], Figures]:
    """Reads the figures from this machine."""
    visitor = reader()

    def read() -> Figures:
        answer = visitor.get("/metrics")
        assert answer.status_code == 200
        return parsed(answer.text)

    return read


def test_searches_are_counted_by_outcome_at_both_doors(
    reader: Callable[..., Reader],
    publish: Callable[..., str],
    figures: Callable[[], Figures],
    kb: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish("证书过期怎么办")
    visitor = reader()
    visitor.get("/search?q=证书过期")
    visitor.get("/api/v1/search?q=证书过期")
    visitor.get("/search?q=xyzzy")
    monkeypatch.setattr(kb.search, "find", lambda *_, **__: _raise(EngineUnavailable()))
    with pytest.raises(EngineUnavailable):
        _propagating(visitor).get("/search?q=证书过期")
    now = figures()
    counted = {outcome: value(now, "kb_searches_total", outcome=outcome) for outcome in ("found", "none", "failed")}
    assert counted == {"found": 2, "none": 1, "failed": 1}
    assert value(now, "kb_search_seconds_count") == 4


def _raise(error: Exception) -> None:
    raise error


def _propagating(reader: Reader) -> Reader:
    reader.client.application.config["PROPAGATE_EXCEPTIONS"] = True
    reader.client.application.error_handler_spec[None][None].pop(Exception)
    return reader


def test_requests_are_counted_by_template_and_class_and_never_by_address(
    reader: Callable[..., Reader], figures: Callable[[], Figures]
) -> None:
    visitor = reader()
    for path in ("/articles/KB000404", "/articles/KB000405", "/no/such/page-1", "/no/such/page-2"):
        visitor.get(path)
    visitor.client.open("/", method="BREW")
    now = figures()
    template = "/articles/<number:number>"
    assert value(now, "kb_http_requests_total", method="GET", route=template, status="4xx") == 2
    assert value(now, "kb_http_requests_total", method="GET", route="none", status="4xx") == 2
    assert value(now, "kb_http_requests_total", method="other", route="none", status="4xx") == 1
    assert "KB000404" not in visitor.get("/metrics").text


def test_what_waits_is_told_with_its_age(
    kb: KnowledgeBase, clock: Clock, publish: Callable[..., str], figures: Callable[[], Figures]
) -> None:
    publish("证书过期怎么办")
    before = figures()
    assert value(before, "kb_index_waiting_changes") == value(before, "kb_index_lag_seconds") == 0
    assert value(before, "kb_engine_documents") == 1
    kb.index.drain = lambda *_: 0  # type: ignore[method-assign]
    publish("打印机卡纸怎么办")
    clock.forward(seconds=90)
    now = figures()
    assert (value(now, "kb_index_waiting_changes") or 0) >= 1
    assert value(now, "kb_index_lag_seconds") == 90
    assert value(now, "kb_engine_matches") == value(now, "kb_engine_up") == value(now, "kb_database_up") == 1


def test_backups_are_told(kb: KnowledgeBase, clock: Clock, reader: Callable[..., Reader]) -> None:
    told = BackupState("/backups", clock(), 12_345, "", None, running=False, alarms=("shrunk",))
    kb.backups.state = lambda: told  # type: ignore[method-assign]
    now = parsed(create_app(kb).test_client().get("/metrics").text)
    assert value(now, "kb_backup_last_good_timestamp_seconds") == clock().timestamp()
    assert value(now, "kb_backup_last_good_bytes") == 12_345
    assert value(now, "kb_backup_alarm", alarm="shrunk") == 1
    assert value(now, "kb_backup_alarm", alarm="overdue") == 0


def test_what_is_away_is_down_and_the_rest_is_told(kb: KnowledgeBase) -> None:
    kb.health.workload = lambda: _raise(DatabaseBusy())  # type: ignore[assignment, method-assign, return-value]
    now = parsed(create_app(kb).test_client().get("/metrics").text)
    assert value(now, "kb_database_up") == 0
    assert value(now, "kb_index_waiting_changes") is None
    assert value(now, "kb_engine_up") == 1


def test_what_hangs_is_down_and_is_not_asked_again_meanwhile(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "PATIENCE", 0.05)
    held, asked = threading.Event(), []

    def hang() -> None:
        asked.append(1)
        held.wait()

    kb.health.engine = hang  # type: ignore[assignment, method-assign]
    client = create_app(kb).test_client()
    try:
        for _ in range(3):
            assert value(parsed(client.get("/metrics").text), "kb_engine_up") == 0
        assert len(asked) == 1
    finally:
        held.set()


def test_patience_hands_on_answers_and_errors() -> None:
    assert Patient(lambda: 7, 5)() == 7
    with pytest.raises(DatabaseBusy):
        Patient(lambda: _raise(DatabaseBusy()), 5)()
    again = Patient(lambda: 7, 5)
    assert [again() for _ in range(50)] == [7] * 50


@pytest.fixture
def guarded(tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    """An application whose figures may be read with a token."""
    with base_at(tmp_path, clock) as kb:
        populate(kb)
        kb.settings = kb.settings.model_copy(update={"metrics_token": TOKEN})
        yield create_app(kb)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.8"}, 200),
        ("192.0.2.7", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer \u8bc1"}, 404),
        ("192.0.2.7", {"Authorization": f"Basic {TOKEN}"}, 404),
        ("127.0.0.1", {"Authorization": "Bearer wrong"}, 404),
    ],
)
def test_figures_are_for_this_machine_or_for_who_has_the_token(
    guarded: Flask, address: str, headers: dict[str, str], status: int
) -> None:
    encoded = {name: told.encode("utf-8").decode("latin-1") for name, told in headers.items()}
    answer = guarded.test_client().get("/metrics", headers=encoded, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("kb_" in answer.text) == (status == 200)


def test_without_a_token_in_the_settings_none_is_right(kb: KnowledgeBase) -> None:
    client = create_app(kb).test_client()
    for told in ("Bearer ", "Bearer", "Bearer x"):
        answer = client.get("/metrics", headers={"Authorization": told}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
        assert answer.status_code == 404


def test_the_figures_of_all_processes_are_added_up_and_outlive_one_that_is_killed(tmp_path: Path) -> None:
    server = started(
        "serve", KB_HOME=str(tmp_path), KB_PORT="0", KB_WORKERS="2", PYTHONUNBUFFERED="1", KB_BACKGROUND="false"
    )
    try:
        assert server.stdout
        address = next(line for line in server.stdout if "http://" in line).split("http://")[1].split()[0]
        _get(address, "/healthz", times=40)
        before = _figures(address)
        health = {"method": "GET", "route": "/healthz", "status": "2xx"}
        assert value(before, "kb_http_requests_total", **health) == 40
        os.kill(_children(server.pid)[0], signal.SIGKILL)
        _wait_for_two(server)
        assert value(_figures(address), "kb_http_requests_total", **health) == 40
        (folder,) = (tmp_path / "metrics").iterdir()
        folder = folder.resolve()
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert server.returncode == 0
    assert not folder.exists()


def _get(address: str, path: str, times: int = 1) -> str:
    text = ""
    for _ in range(times):
        with urlopen(f"http://{address}{path}", timeout=60) as answer:
            text = answer.read().decode()
    return text


def _figures(address: str) -> Figures:
    return parsed(_get(address, "/metrics"))


def _children(pid: int) -> list[int]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(found) for found in re.findall(r"\d+", told.stdout)]


def _wait_for_two(server: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 60
    while len(_children(server.pid)) < 2:
        assert time.monotonic() < until
        time.sleep(0.1)
