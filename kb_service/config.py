"""Settings: an environment variable, else ``kb.toml``, else the default. This is the only place that reads them."""

import os
import secrets
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

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
    cache: Path = Field(Path("cache"), description="Folder on a local disk for what can be made anew.")
    database: str = Field("sqlite:///kb.sqlite", description="SQLAlchemy address of the database.")
    index: str = Field(
        "",
        description="Address of the index: tantivy:PATH, whoosh:PATH, memory: or elasticsearch://HOST:PORT/NAME. "
        "Empty: the best here.",
    )
    index_user: str = Field("", description="User of the search servers.")
    index_password: str = Field("", repr=False, description="Password of that user.")
    index_api_key: str = Field("", repr=False, description="API key of the search servers, instead of a user.")
    index_ca: str = Field("", description="File of the authority that signed the certificates of the search servers.")
    index_shards: int = Field(1, ge=1, le=1024, description="Parts the next rebuild cuts the index into.")
    index_replicas: int = Field(1, ge=0, le=10, description="Copies of each part, where there are nodes for them.")
    index_seconds: float = Field(
        0.8, gt=0, le=60, description="Seconds one request to the search servers may take, a second try included."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Processes of kb serve that answer requests.")
    threads: int = Field(8, ge=1, le=64, description="Requests each of these processes answers at once.")
    background: bool = Field(True, description="Whether kb serve also does the work of kb worker.")
    anonymous: bool = Field(True, description="Whether public articles can be read without signing in.")
    secret: str = Field("", description="Key that signs sessions. Empty: made once and kept in the home folder.")
    public_url: str = Field("", description="Address people type. https makes cookies Secure with the __Host- prefix.")
    trusted_proxies: str = Field("", description="Addresses or networks of reverse proxies whose X-Forwarded-* hold.")
    log: Literal["text", "json"] = Field("text", description="How logs are written: for people, or for machines.")
    log_queries: bool = Field(False, description="Whether logs of requests hold what was searched for.")
    backup_target: str = Field("", description="Folder the worker writes backups to. Empty: it makes none.")
    backup_hours: float = Field(24, gt=0, le=8760, description="Hours between two backups.")
    backup_keep: int = Field(14, ge=1, description="How many backups are kept.")
    backup_recipient: str = Field(
        "", description="Public key of age that encrypts backups. Empty: they are not encrypted."
    )
    metrics_token: str = Field("", description="Token other machines read /metrics with. Empty: none may.")

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("begins with http:// or https://")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks(value)
        return value

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

    def cache_folder(self) -> Path:
        """``cache``, a relative one put under ``home``."""
        return self.home.absolute() / self.cache

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


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a list of addresses and networks, parted by commas. Raises ValueError."""
    return tuple(ip_network(one.strip()) for one in value.split(",") if one.strip())


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
