"""`kb doctor` finds what is wrong with settings, folders, base and servers, names a cure, and never hangs."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from indexer.results import ClusterCondition
from kb_service.bootstrap import KnowledgeBase
from kb_service.config import Settings
from kb_service.errors import DatabaseBusy
from kb_service.inputs import AttachmentInput
from kb_service.results import BackupState, DatabaseServer
from tests import databases
from tests.base import Clock, actor
from tests.kb_service.making import told
from tests.web.cli import done, kb
from web.cli import doctor, errors
from web.cli.doctor import base, configuration, finding, machine, search
from web.cli.doctor.finding import ADVICE, GOOD, WRONG, Finding, in_time


def verdicts(found: Iterator[Finding]) -> list[str]:
    return [one.verdict for one in found]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a new base; the working folder has no settings file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
    done("db", "upgrade")
    done("index", "rebuild")
    return tmp_path / "home"


def test_a_good_installation_has_no_faults_and_says_so_in_json_too(home: Path) -> None:
    assert "✗" not in done("doctor")
    found = json.loads(done("doctor", "--json"))
    assert {one["verdict"] for one in found} <= {GOOD, ADVICE}
    assert all(set(one) == {"name", "verdict", "seen", "cure"} for one in found)
    assert all(bool(one["cure"]) == (one["verdict"] != GOOD) for one in found)
    assert "数据库" in {one["name"] for one in found}


def test_a_fault_in_json_ends_with_the_same_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_THREADZ", "4")
    result = kb("doctor", "--json")
    assert result.exit_code == errors.PROBLEMS_FOUND
    (wrong,) = [one for one in json.loads(result.stdout) if one["verdict"] == WRONG]
    assert "KB_THREADZ" in wrong["seen"]
    assert "KB_THREADS" in wrong["cure"]


def test_names_nobody_reads_are_found_in_the_settings_file_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_TEST_DATA", "x")
    Path("kb.toml").write_text('port = 8001\npublic_ur = "https://kb.example.org"\n', encoding="utf-8")
    found = list(configuration.unknown(Settings()))
    assert [one.verdict for one in found] == [GOOD, WRONG]
    assert "KB_PUBLIC_URL" in found[1].cure


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, GOOD),
        ({"host": "0.0.0.0"}, WRONG),
        ({"host": "0.0.0.0", "public_url": "http://kb.example.org"}, WRONG),
        ({"host": "0.0.0.0", "public_url": "https://kb.example.org"}, GOOD),
        ({"public_url": "http://localhost:8000"}, GOOD),
    ],
)
def test_an_address_others_reach_is_public_and_encrypted(given: dict[str, Any], verdict: str, tmp_path: Path) -> None:
    assert verdicts(configuration.address(Settings(home=tmp_path, **given))) == [verdict]


def test_a_demo_stays_at_home(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    settings = Settings(home=tmp_path, host="0.0.0.0", public_url="https://kb.example.org")
    assert verdicts(configuration.address(settings)) == [WRONG]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"public_url": "https://kb.example.org"}, [WRONG]),
        ({"public_url": "https://kb.example.org", "trusted_proxies": "10.0.0.1"}, [GOOD]),
    ],
)
def test_behind_a_proxy_the_proxy_is_named(given: dict[str, Any], expected: list[str]) -> None:
    assert verdicts(configuration.proxies(Settings(**given))) == expected


def test_logged_words_are_pointed_out() -> None:
    assert verdicts(configuration.watching(Settings(log_queries=True))) == [ADVICE]


def test_a_home_others_can_enter_is_pointed_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (found,) = machine.home(Settings(home=tmp_path))
    assert (found.verdict, "chmod" in found.cure) == (ADVICE, True)


def test_room_is_looked_at_once_for_each_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, backup_target=str(tmp_path / "backups"))
    assert len(list(machine.disks(settings))) == 1
    monkeypatch.setattr(machine, "ROOM", 1 << 60)
    assert verdicts(machine.disks(settings)) == [WRONG]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (DatabaseServer("sqlite", (3, 40, 1)), [GOOD]),
        (DatabaseServer("postgresql", (15, 4), 0.1, (10, 100)), [GOOD, GOOD, GOOD]),
        (DatabaseServer("postgresql", (12, 4), -7.0, (95, 100)), [WRONG, WRONG, WRONG]),
    ],
)
def test_a_database_server_is_new_enough_in_time_and_has_room(
    kb: KnowledgeBase, server: DatabaseServer, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.health, "server", lambda: server)
    assert verdicts(base.server(kb)) == expected


def test_the_base_tells_what_database_it_is(kb: KnowledgeBase) -> None:
    told = kb.health.server()
    if databases.EVERYWHERE:
        assert (told.kind, told.version >= (13,), told.ahead is not None) == ("postgresql", True, True)
        assert told.connections
        assert told.connections[0] < told.connections[1]
    else:
        assert (told.kind, told.version > (3, 30), told.ahead, told.connections) == ("sqlite", True, None, None)


def test_changes_that_nobody_takes_tell_of_a_missing_worker(
    kb: KnowledgeBase, clock: Clock, publish: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kb.index, "drain", lambda *_: 0)
    publish("证书过期怎么办")
    assert verdicts(base.changes(kb)) == [GOOD]
    clock.forward(minutes=2)
    (found,) = base.changes(kb)
    assert "kb worker" in found.cure


def test_parked_changes_are_told(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    parked = replace(kb.health.workload(), parked=3, imports_running=1)
    monkeypatch.setattr(kb.health, "workload", lambda: parked)
    found = list(base.changes(kb))
    assert [one.verdict for one in found] == [WRONG, GOOD]
    assert "kb index rebuild" in found[0].cure


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_attachments_that_are_gone_or_changed_are_found(kb: KnowledgeBase, fault: str) -> None:
    picture = AttachmentInput(name="屏幕.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    for n in range(12):
        kb.reports.file(actor(kb, "expert"), replace(told(n), attachments=(picture,)))
    (path,) = (path for path in (kb.settings.home / "attachments").rglob("*") if path.is_file())
    assert (kb.health.attachments(5).looked_at, kb.health.attachments(50).looked_at) == (5, 12)
    assert verdicts(base.attachments(kb)) == [GOOD]
    path.unlink() if fault == "missing" else path.write_bytes(b"y")
    assert getattr(kb.health.attachments(50), fault) == 12
    assert verdicts(base.attachments(kb)) == [WRONG]


def test_backups_are_advised_and_their_alarms_told(kb: KnowledgeBase, clock: Clock) -> None:
    assert verdicts(base.backups(kb)) == [ADVICE]
    state = BackupState("/backups", clock() - timedelta(days=1), 1 << 20, "", clock(), running=False, alarms=())
    kb.backups.state = lambda: state  # type: ignore[method-assign]
    assert verdicts(base.backups(kb)) == [GOOD]
    kb.backups.state = lambda: replace(state, alarms=("overdue", "shrunk"))  # type: ignore[method-assign]
    (found,) = base.backups(kb)
    assert "kb backup verify" in found.cure


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ClusterCondition("8.19.5", "green", 3, 0, 40), [GOOD, GOOD, GOOD]),
        (ClusterCondition("8.19.5", "yellow", 1, 1, None), [GOOD, ADVICE]),
        (ClusterCondition("8.20.0", "red", 2, 4, 91), [GOOD, WRONG, WRONG]),
        (ClusterCondition("7.17.0", "green", 3, 0, 40), [WRONG, GOOD, GOOD]),
        (ClusterCondition("9.1.0", "green", 3, 0, 40), [WRONG, GOOD, GOOD]),
    ],
)
def test_search_servers_fit_and_are_well(
    kb: KnowledgeBase, condition: ClusterCondition, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verdicts(search.cluster(kb)) == []
    monkeypatch.setattr(kb.health, "cluster", lambda: condition)
    assert verdicts(search.cluster(kb)) == expected


def test_what_hangs_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "PATIENCE", 0.05)
    held = threading.Event()
    try:
        (found,) = in_time("数据库", lambda: [Finding("x", str(held.wait()))])
    finally:
        held.set()
    assert (found.name, found.verdict) == ("数据库", WRONG)


def test_what_cannot_be_looked_at_is_told_with_its_sentence() -> None:
    def fail() -> list[Finding]:
        raise DatabaseBusy

    (found,) = in_time("数据库", fail)
    assert (found.verdict, DatabaseBusy.sentence in found.seen) == (WRONG, True)


def test_no_line_tells_a_secret(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_INDEX", "elasticsearch://someone:hidden@127.0.0.1:9/kb")
    monkeypatch.setenv("KB_METRICS_TOKEN", "hidden-too")
    result = kb("doctor")
    assert result.exit_code == errors.PROBLEMS_FOUND
    assert "hidden" not in result.output


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database="postgresql+psycopg://kb:hidden@127.0.0.1:9/kb", index="memory:")
    last = list(doctor.examine(settings))[-1]
    assert (last.name, last.verdict) == ("数据库", WRONG)
    assert "hidden" not in last.seen + last.cure
