"""What the command line says and how it ends when something is refused."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from importers.errors import UnreadableSource
from indexer.errors import IndexMissing
from kb_service import errors as kb_errors
from kb_service.config import BadSettings
from tests.web.cli import started
from web.cli import errors, main

WITHOUT_A_BASE = [
    ["worker"],
    ["import", "x.csv", "--kind", "report"],
    ["search", "发票"],
    ["review", "list"],
    ["index", "status"],
    ["person", "list"],
    ["token", "list"],
]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnreadableSource("unreadable", "a.xlsx"), 3),
        (kb_errors.NoBase(), 4),
        (kb_errors.OldSchema(), 5),
        (kb_errors.NotFound(), 6),
        (kb_errors.Denied(), 7),
        (kb_errors.Invalid(), 8),
        (kb_errors.StaleEdit(), 9),
        (kb_errors.InvalidTransition(), 9),
        (kb_errors.DatabaseBusy(), 10),
        (kb_errors.IndexBuilding(), 10),
        (IndexMissing(), 10),
        (BadSettings("x"), 11),
        (PermissionError(13, "Permission denied", "/x"), 13),
        (kb_errors.KBError(), 1),
    ],
)
def test_each_class_of_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert errors.exit_code(error) == code


@pytest.mark.parametrize("command", WITHOUT_A_BASE, ids=" ".join)
def test_without_a_base_a_command_says_so_in_one_line_and_creates_nothing(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("KB_HOME", str(home))
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert str(home) in result.stderr
    assert not home.exists()


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_PORT", "eighty")
    result = CliRunner().invoke(main, ["search", "发票"])
    assert result.exit_code == 11
    assert "KB_PORT" in result.stderr


@pytest.mark.parametrize(("variable", "value"), [("LANG", "en_US.UTF-8"), ("LC_ALL", "en_GB"), ("LC_MESSAGES", "en")])
def test_english_is_spoken_where_the_environment_asks_for_it(variable: str, value: str, tmp_path: Path) -> None:
    code, told = told_by("search", "x", KB_HOME=str(tmp_path / "none"), **{variable: value})
    assert code == 4
    assert "There is no knowledge base here." in told


@pytest.mark.parametrize("value", ["zh_CN.UTF-8", "C.UTF-8", "de_DE.UTF-8", ""])
def test_chinese_is_spoken_everywhere_else(value: str) -> None:
    code, told = told_by("serach", LC_ALL=value)
    assert code == 2
    assert "没有命令 'serach'" in told


def test_a_terminal_of_another_encoding_is_no_reason_to_fail() -> None:
    assert told_by("--help", PYTHONIOENCODING="ascii") == (0, "")


def test_an_argument_that_is_no_text_is_no_reason_to_fail(tmp_path: Path) -> None:
    code, _ = told_by("search", "\udcff\udcfe", KB_HOME=str(tmp_path / "none"))
    assert code == 4


def told_by(*words: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a process of its own."""
    process = started(*words, **environment)
    _, told = process.communicate(timeout=60)
    return process.returncode, told
