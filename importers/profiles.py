"""Profiles: how the files of one origin are to be read, each a TOML file beside this module; data and its loading."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from importers.errors import ImportFailed
from importers.results import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How to read the files of one origin; ``columns`` takes titles to field names."""

    name: str
    title: str
    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""


@cache
def available() -> tuple[Profile, ...]:
    """The profiles there are, by name."""
    folder = files(__package__) / "profiles"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return tuple(
        Profile(name=file.name.removesuffix(".toml"), **tomllib.loads(file.read_text(encoding="utf-8")))
        for file in found
    )


def settled(settings: Settings, source: str) -> Settings:
    """The settings with what their profile adds; what a person chose goes before. Raises `ImportFailed`."""
    if not settings.profile:
        return settings
    profile = next((profile for profile in available() if profile.name == settings.profile), None)
    if profile is None:
        raise ImportFailed("unknown_profile", source, settings.profile)
    return Settings(
        profile=settings.profile,
        mapping={**profile.columns, **settings.mapping},
        encoding=settings.encoding or profile.encoding,
        delimiter=settings.delimiter or profile.delimiter,
    )
