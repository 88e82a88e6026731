"""Every command, option and exit code of `kb` is documented, and every message has its English."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from web.cli import errors, language, main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below ``group`` with the words that call it."""
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if isinstance(command, click.Group):
                yield from commands(command, f"{path} {name}")
            elif command:
                yield f"{path} {name}", command


COMMANDS = dict(commands(main, "kb"))


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_and_its_options_are_documented(words: str) -> None:
    noun = " ".join(words.split()[:2])
    section = re.search(rf"^### `{noun}\b.*?(?=^##)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert section, words
    assert words in section[0]
    options = [option for param in COMMANDS[words].params for option in param.opts if option.startswith("--")]
    assert [option for option in options if option not in section[0]] == []


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_and_its_options_explain_themselves(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert all(param.help for param in command.params if isinstance(param, click.Option))


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCUMENT, re.MULTILINE)}
    assert documented == {0, 2, *errors.EXIT_CODES.values(), errors.PROBLEMS_FOUND, errors.INTERRUPTED}


def test_every_message_has_its_english() -> None:
    extracted = extract_from_dir(ROOT / "web" / "cli", keywords={"_": None, "text": None})
    said = {message for _, _, message, _, _ in extracted if message}
    said |= {error.sentence for error in _refusals()}
    with catalogue("en").open("rb") as file:
        known = {message.id: message.string for message in read_po(file) if message.id}
    assert {message for message in said if not known.get(message)} == set()
    assert set(known) - said == set()


@pytest.mark.parametrize("name", [language.ENGLISH, language.CHINESE])
def test_the_compiled_catalogue_is_up_to_date(name: str) -> None:
    told = BytesIO()
    with catalogue(name).open("rb") as file:
        write_mo(told, read_po(file))
    assert catalogue(name).with_suffix(".mo").read_bytes() == told.getvalue()


def catalogue(name: str) -> Path:
    return language.FOLDER / name / "LC_MESSAGES" / f"{language.DOMAIN}.po"


def _refusals() -> Iterator[type[errors.kb_errors.KBError]]:
    """Every error of the base, the general one included."""
    import kb_service.demo.build  # noqa: F401 - it has a refusal of its own

    waiting = [errors.kb_errors.KBError]
    while waiting:
        error = waiting.pop()
        if error.__module__.startswith("kb_service."):
            yield error
        waiting += error.__subclasses__()
