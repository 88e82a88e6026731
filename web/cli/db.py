"""`kb db`: creates the database and brings it up to the version of the program."""

import click

from kb_service.config import Settings
from web.cli import language

_ = language.text


@click.group("db", help=_("数据库：建立和升级。"))
def command() -> None: ...


@command.command("upgrade", help=_("建立数据库，或升级到程序的版本。已是最新时什么都不做。"))
def upgrade() -> None:
    from kb_service import config

    settings = config.load()
    upgraded(settings)
    click.echo(_("数据库已是最新：{place}").format(place=settings.home.absolute()))


def upgraded(settings: Settings) -> None:
    """Make or upgrade the tables of the base, then those of the accounts, which refer to them."""
    from kb_service.store import schema
    from web import accounts

    schema.upgrade(settings.database_url())
    accounts.upgrade(settings.database_url())
