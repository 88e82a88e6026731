"""`kb serve` answers soon, builds what is missing meanwhile, and stops when told; a demo base stays at home."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from kb_service import demo
from tests.web.cli import done, kb, started
from web.cli.demo import PASSWORD

PATIENCE = 120
"""Seconds within which a loaded machine does anything of this."""

Serve = Callable[..., str]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts `kb serve` on a free port and gives its address; all are stopped in the end, and must stop cleanly."""
    running: list[subprocess.Popen[str]] = []

    def start(command: str = "serve", home: Path = tmp_path / "home") -> str:
        process = started(command, KB_HOME=str(home), KB_PORT="0", PYTHONUNBUFFERED="1")
        running.append(process)
        assert process.stdout
        for line in process.stdout:
            if "http://" in line:
                return line[line.index("http://") :].split()[0]
        raise AssertionError(process.communicate()[1])

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE)
        assert (process.returncode, told) == (0, "")


def get(address: str) -> tuple[int, str]:
    try:
        with urlopen(address, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_missing_base_is_created_and_gets_its_index_while_pages_answer(serve: Serve, tmp_path: Path) -> None:
    address = serve()
    assert get(f"{address}/healthz")[0] == 200
    assert get(f"{address}/")[0] == 200
    wait_until(lambda: get(f"{address}/readyz")[0] == 200)
    assert get(f"{address}/search?q=x")[0] == 200
    assert (tmp_path / "home" / "kb.sqlite").exists()


def test_an_address_that_is_too_long_is_refused_as_such(serve: Serve) -> None:
    address = serve()
    assert get(f"{address}/search?q={'a' * 7_000}")[0] == 414
    assert get(f"{address}/search?q={'a' * 20_000}")[0] == 414


def test_an_older_database_is_left_as_it_is_and_the_cure_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    monkeypatch.setenv("KB_HOME", str(tmp_path))
    done("db", "upgrade")
    with sqlite3.connect(tmp_path / "kb.sqlite") as database:
        database.execute("update alembic_version set version_num = '0000'")
    database.close()
    result = kb("serve")
    assert result.exit_code == 5
    assert "kb db upgrade" in result.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setenv("KB_PORT", port)
        monkeypatch.setenv("KB_HOME", str(tmp_path / "home"))
        result = kb("serve")
    assert result.exit_code == 11
    assert port in result.stderr
    assert not (tmp_path / "home").exists()


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a demo base as `kb demo` builds it."""
    home = tmp_path_factory.mktemp("demo") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_HOME", str(home))
        told = done("demo", "--build-only")
    assert PASSWORD in told
    assert all(person.username in told and person.about in told for person in demo.load().people)
    return home


def test_a_demo_base_is_built_once_and_served(demo_home: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_HOME", str(demo_home))
    before = (demo_home / "kb.sqlite").stat().st_ino
    done("demo", "--build-only")
    assert (demo_home / "kb.sqlite").stat().st_ino == before
    address = serve("demo", demo_home)
    status, page = get(f"{address}/search?q=-1073")
    assert status == 200
    assert "证书过期" in page
    assert json.loads(done("index", "check", "--json"))["counts"]["waiting"] == 0


def test_people_of_the_demo_sign_in_with_the_printed_password(demo_home: Path) -> None:
    from web.accounts import credentials, open_store

    store = open_store(f"sqlite:///{demo_home}/kb.sqlite")
    assert credentials.check(store, "officer", PASSWORD, "127.0.0.1")
    assert credentials.check(store, "officer", "something else", "127.0.0.1") is None
    store.database.close()


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_a_demo_base_answers_on_this_machine_alone(
    command: str, host: str, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_HOME", str(demo_home))
    monkeypatch.setenv("KB_HOST", host)
    result = kb(command)
    assert result.exit_code == 11
    assert host in result.stderr


def test_a_folder_with_another_base_is_no_place_for_a_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_HOME", str(tmp_path))
    done("db", "upgrade")
    before = {path.name for path in tmp_path.iterdir()}
    result = kb("demo")
    assert result.exit_code == 9
    assert {path.name for path in tmp_path.iterdir()} == before
