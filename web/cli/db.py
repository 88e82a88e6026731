"""`kb db`: creates the database, brings it up to the version of the program, and copies it into another one."""

import click

from kb_service.config import Settings
from web.cli import language

_ = language.text


@click.group("db", help=_("数据库：建立、升级和复制。"))
def command() -> None: ...


@command.command("upgrade", help=_("建立数据库，或升级到程序的版本。已是最新时什么都不做。"))
def upgrade() -> None:
    from kb_service import config

    settings = config.load()
    upgraded(settings)
    click.echo(_("数据库已是最新：{place}").format(place=settings.home.absolute()))


@command.command(
    "copy",
    help=_(
        "把整个知识库从一个数据库复制到另一个空的数据库（SQLite 或 PostgreSQL），逐表核对行数和内容。"
        "FROM 和 TO 的写法与 KB_DATABASE 相同。复制之前请停止服务：之后的改动不会带过去。"
    ),
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    from kb_service import config
    from kb_service.store.connections import shown

    settings = config.load()
    come, go = (settings.model_copy(update={"database": one}) for one in (source, target))
    rows = copied(come, go)
    told = {"rows": f"{sum(rows.values()):,}", "tables": len(rows), "place": shown(go.database_url())}
    click.echo(_("已复制并核对 {tables} 个表、{rows} 行：{place}").format(**told))
    click.echo(_("接着请把 KB_DATABASE 改成它，再执行 kb index rebuild：索引要按新的数据库重建。"))


def copied(source: Settings, target: Settings) -> dict[str, int]:
    """Copy the base of some settings into the empty database of others; rows by table. Raises what ``copying`` does,
    and OldSchema.
    """
    from kb_service.errors import OldSchema
    from kb_service.store import copying
    from kb_service.store.tables import Base
    from web import accounts
    from web.cli.progress import bar

    if not accounts.is_current(source.database_url()):
        raise OldSchema
    metadatas = (Base.metadata, accounts.AccountsBase.metadata)
    with bar(_("复制")) as advance:
        done = copying.copy(
            source.database_url(),
            target.database_url(),
            metadatas=metadatas,
            make=lambda _: upgraded(target),
            progress=lambda rows: advance(rows, None),
        )
    return dict(done.rows)


def upgraded(settings: Settings) -> None:
    """Make or upgrade the tables of the base, then those of the accounts, which refer to them."""
    from kb_service.store import schema
    from web import accounts

    schema.upgrade(settings.database_url())
    accounts.upgrade(settings.database_url())
