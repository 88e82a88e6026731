"""The tables of the database: made, brought up to date, and checked against the program."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url

from kb_service.errors import NoBase, OldSchema
from kb_service.store import versions

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def demand(url: str, *, create: bool = False) -> None:
    """Raises NoBase where there is no base and none is to be made, OldSchema where it is of another version."""
    found = version(url)
    if found is None and not create:
        raise NoBase(f"{_place(url)} 没有知识库。请先执行 kb serve、kb demo 或 kb db upgrade，或检查 KB_HOME。")
    if found is None:
        upgrade(url)
    elif found != head():
        raise OldSchema(f"数据库的结构是 {found}，程序需要 {head()}：请先执行 kb db upgrade。")


def upgrade(url: str, revision: str = "head") -> None:
    """Make the tables, or bring them to ``revision``."""
    from alembic import command

    _prepare(url)
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the tables back to an older revision."""
    from alembic import command

    command.downgrade(_config(url), revision)


def version(url: str) -> str | None:
    """The revision of the tables, None where there are none."""
    if _is_absent(url):
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return versions.found(connection)
    finally:
        engine.dispose()


def head() -> str:
    """The revision the program needs."""
    return versions.needed(MIGRATIONS)


def _config(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def _is_absent(url: str) -> bool:
    path = _file(url)
    return path is not None and not path.exists()


def _prepare(url: str) -> None:
    path = _file(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _file(url: str) -> Path | None:
    address = make_url(url)
    return Path(address.database) if address.get_backend_name() == "sqlite" and address.database else None


def _place(url: str) -> str:
    return str(_file(url) or make_url(url).render_as_string(hide_password=True))
