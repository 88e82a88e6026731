"""Settings: an environment variable, else ``kb.toml``, else the default. This is the only place that reads them."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from kb_service.errors import KBError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BadSettings(KBError):
    """A setting cannot be understood; the sentence names it."""

    code = "bad_settings"


class Settings(BaseSettings):
    """All settings of a process. Relative paths, those in addresses included, start from ``home``."""

    model_config = SettingsConfigDict(env_prefix="KB_", extra="ignore", frozen=True)

    home: Path = Field(Path("var"), description="Folder of all state: database, index, attachments, secret.")
    database: str = Field("sqlite:///kb.sqlite", description="SQLAlchemy address of the database.")
    index: str = Field(
        "", description="Address of the index: tantivy:PATH, whoosh:PATH or memory:. Empty: the best here."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    anonymous: bool = Field(True, description="Whether public articles can be read without signing in.")
    secret: str = Field("", description="Key that signs sessions. Empty: made once and kept in the home folder.")
    public_url: str = Field("", description="Address people type. https makes cookies Secure with the __Host- prefix.")

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_config_file())

    @property
    def demo_marker(self) -> Path:
        """The file that marks the home folder of a demo base."""
        return self.home / "demo"

    def database_url(self) -> str:
        """The database address with a relative SQLite path put under ``home``."""
        prefix = "sqlite:///"
        path = self.database.removeprefix(prefix)
        if path == self.database or path.startswith((":memory:", "/")):
            return self.database
        return prefix + str(self.home.absolute() / path)

    def signing_key(self) -> str:
        """``secret``, or the one kept in the home folder, made on first use and readable by its owner alone."""
        if self.secret:
            return self.secret
        path = self.home / "secret"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text().strip()


def load(**overrides: Any) -> Settings:
    """The settings of this process. Raises BadSettings naming the setting that cannot be understood."""
    if os.environ.get("KB_CONFIG") and not _config_file().is_file():
        raise BadSettings(f"KB_CONFIG 指的设置文件 {_config_file()} 不存在。", setting="KB_CONFIG")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = "KB_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadSettings(f"设置 {name} 无法识别：{first['msg']}。请改正后再启动。", setting=name) from error
    except (OSError, ValueError) as error:
        raise BadSettings(f"设置文件 {_config_file()} 无法读取：{error}。") from error


def _config_file() -> Path:
    return Path(os.environ.get("KB_CONFIG") or "kb.toml")


def _write_once(path: Path, text: str) -> None:
    """Write a whole private file, or leave the one somebody else was faster to write: nobody ever reads half of it."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(fresh, "x", opener=_private) as file:
        file.write(text)
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
