"""Tables made by migrations are those of the program; settings come from one place, in one order."""

import sqlite3
import stat
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from kb_service.bootstrap import open_base
from kb_service.config import BadSettings, Settings, load
from kb_service.errors import NoBase, OldSchema
from kb_service.store import schema
from kb_service.store.tables import Base


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kb.sqlite'}"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "DATABASE", "INDEX", "HOST", "PORT", "ANONYMOUS", "SECRET", "PUBLIC_URL", "CONFIG"):
        monkeypatch.delenv(f"KB_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_migrations_go_up_down_and_up_again(url: str) -> None:
    for _ in range(2):
        schema.upgrade(url)
        assert schema.version(url) == schema.head()
        assert tables(url) >= set(Base.metadata.tables)
        schema.downgrade(url, "base")
        assert schema.version(url) is None
        assert tables(url) == {"alembic_version", "schema_support"}


def test_the_migrated_tables_are_those_of_the_program(url: str) -> None:
    schema.upgrade(url)
    engine = create_engine(url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = {"include_name": lambda name, kind, _: kind != "table" or name in Base.metadata.tables}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), Base.metadata) == []
    engine.dispose()


def test_where_there_is_no_base_none_is_made_unasked(tmp_path: Path, url: str) -> None:
    settings = Settings(home=tmp_path, index="memory:")
    with pytest.raises(NoBase) as refused:
        open_base(settings)
    assert "kb.sqlite" in refused.value.message
    assert not (tmp_path / "kb.sqlite").exists()
    sqlite3.connect(tmp_path / "kb.sqlite").close()
    with pytest.raises(NoBase):
        open_base(settings)
    open_base(settings, create=True).close()
    open_base(settings).close()


def test_a_base_of_another_version_is_not_opened(tmp_path: Path, url: str) -> None:
    schema.upgrade(url)
    with sqlite3.connect(tmp_path / "kb.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    for create in (False, True):
        with pytest.raises(OldSchema):
            schema.demand(url, create=create)


def test_a_variable_goes_before_the_file_and_the_file_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (load().port, load().host) == (8000, "127.0.0.1")
    Path("kb.toml").write_text('port = 9000\nhost = "10.0.0.1"\n', encoding="utf-8")
    assert (load().port, load().host) == (9000, "10.0.0.1")
    monkeypatch.setenv("KB_PORT", "9001")
    assert (load().port, load().host) == (9001, "10.0.0.1")
    assert load(port=9002).port == 9002
    other = tmp_path / "other.toml"
    other.write_text("port = 1\n", encoding="utf-8")
    monkeypatch.setenv("KB_CONFIG", str(other))
    assert load().host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "x"), ("PORT", "65536"), ("ANONYMOUS", "perhaps"), ("PUBLIC_URL", "kb.example.cn")]
)
def test_a_setting_that_cannot_be_understood_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"KB_{name}", value)
    with pytest.raises(BadSettings) as refused:
        load()
    assert f"KB_{name}" in refused.value.message


def test_a_settings_file_that_is_broken_or_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(BadSettings, match=r"none\.toml"):
        load()
    (tmp_path / "none.toml").write_text("port = = 1", encoding="utf-8")
    with pytest.raises(BadSettings, match=r"none\.toml"):
        load()


def test_relative_paths_start_from_the_home_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert settings.database_url() == f"sqlite:///{tmp_path / 'home' / 'kb.sqlite'}"
    kept = Settings(home=tmp_path, database="postgresql://host/kb").database_url()
    assert kept == "postgresql://host/kb"


def test_the_secret_is_made_once_private_and_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: settings.signing_key(), range(16)))
    (key,) = keys
    assert len(key) >= 48
    path = tmp_path / "home" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["secret"]
    assert Settings(home=tmp_path / "home").signing_key() == key
    assert Settings(home=tmp_path / "home", secret="given").signing_key() == "given"


def test_the_version_needed_is_the_head_alembic_sees() -> None:
    from alembic.script import ScriptDirectory

    from kb_service.store import schema

    assert schema.head() == ScriptDirectory(str(schema.MIGRATIONS)).get_current_head()
