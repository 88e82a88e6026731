"""The command line `kb`: one module per noun, loaded when it is called; rules and texts of the base are not here."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from web.cli import errors, language

MODULES: Mapping[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "worker": "worker",
    "import": "imports",
    "search": "search",
    "suggest": "suggest",
    "why": "why",
    "related": "related",
    "similar": "similar",
    "evaluate": "evaluate",
    "labelled": "labelled",
    "review": "review",
    "lexicon": "lexicon",
    "index": "index",
    "db": "db",
    "backup": "backup",
    "restore": "restore",
    "organisation": "organisation",
    "system": "system",
    "person": "person",
    "token": "token",
    "doctor": "doctor",
}
"""Names of commands and the modules whose ``command`` they are, in the order the help shows them."""


class Door(click.Group):
    """Loads a command when it is called, and turns what the base refuses into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        command: click.Command = import_module(f"web.cli.{MODULES[cmd_name]}").command
        return command

    def main(self, *args: Any, **options: Any) -> Any:
        language.begin()
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with errors.told():
            return super().invoke(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(language.text("知解：把处理过的问题变成审核过的知识，让人在提问之前就找到答案。"))


@click.group("kb", cls=Door)
@click.version_option(package_name="kb-service", prog_name="kb")
def main() -> None:
    """See `Door`: the help is written in the language of the reader."""
