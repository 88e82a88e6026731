"""The tables of the database: made, brought up to date, and checked against the program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from kb_service.errors import DatabaseAway, NoBase, OldSchema
from kb_service.store import versions
from kb_service.store.connections import file_of, open_engine, shown
from kb_service.store.faults import translated

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
INCOMPLETE = "{place} 里是一次没有完成的复制，不能使用。请删除这个数据库，重新建一个空的，再执行 kb db copy。"


def demand(url: str, *, create: bool = False) -> None:
    """Raises NoBase where there is no base and none is to be made, OldSchema where the program does not work with it,
    DatabaseAway.
    """
    found = version(url)
    if found is None and not create:
        raise NoBase(f"{_place(url)} 没有知识库。请先执行 kb serve、kb demo 或 kb db upgrade，或检查 KB_HOME。")
    if found is None:
        upgrade(url)
    elif found == versions.INCOMPLETE:
        raise OldSchema(INCOMPLETE.format(place=_place(url)))
    elif found < head():
        raise OldSchema(f"数据库的结构是 {found}，程序需要 {head()}：请先执行 kb db upgrade。")
    elif found > head() and not _works(url):
        raise OldSchema(f"数据库的结构是 {found}，比程序的 {head()} 新：请换成新版本的程序。", newer=True)


def demand_own(url: str) -> None:
    """Raises what ``demand`` does, and OldSchema for tables of any other version than the program's own."""
    demand(url)
    if version(url) != head():
        raise OldSchema(f"数据库的结构是 {version(url)}，比程序的 {head()} 新：请换成新版本的程序。", newer=True)


def upgrade(url: str, revision: str = "head") -> None:
    """Make the tables, or bring them to ``revision``. Programs that do so at once wait for each other. Raises
    Unavailable.
    """
    from alembic import command

    if version(url) == versions.INCOMPLETE:
        raise OldSchema(INCOMPLETE.format(place=_place(url)))
    with _told(url):
        command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the tables back to an older revision."""
    from alembic import command

    with _told(url):
        command.downgrade(_config(url), revision)


def version(url: str) -> str | None:
    """The revision of the tables, None where there are none. Raises DatabaseAway."""
    path = file_of(url)
    if path is not None and not path.exists():
        return None
    with connected(url) as connection:
        return versions.found(connection)


def has_tables(url: str) -> bool:
    """Whether there is any table, of ours or of others. Raises DatabaseAway."""
    path = file_of(url)
    if path is not None and not path.exists():
        return False
    with connected(url) as connection:
        return bool(inspect(connection).get_table_names())


def head() -> str:
    """The revision the program needs."""
    return versions.needed(MIGRATIONS)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection for one look. Raises Unavailable, which names the address without its password."""
    engine = open_engine(url)
    try:
        with _told(url), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _works(url: str) -> bool:
    with connected(url) as connection:
        return versions.works(connection, MIGRATIONS)


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Who starts a program is told which server does not answer, and what it says."""
    try:
        with translated():
            yield
    except DatabaseAway as error:
        reason = " ".join(str(getattr(error.__cause__, "orig", "")).split())
        raise DatabaseAway(f"数据库 {shown(url)} 连不上，什么都没有改变：{reason}。请检查地址和服务器。") from error


def _config(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def _place(url: str) -> str:
    return str(file_of(url) or shown(url))
