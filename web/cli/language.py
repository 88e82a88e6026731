"""The language of the command line: Chinese unless the environment asks for English; the texts are in translations/."""

import gettext
import os
import sys
from io import TextIOWrapper
from pathlib import Path

DOMAIN = "cli"
FOLDER = Path(__file__).parent / "translations"
ENGLISH, CHINESE = "en", "zh"


def chosen() -> str:
    """``en`` when LC_ALL, else LC_MESSAGES, else LANG begins with it; ``zh`` in every other case."""
    told = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return ENGLISH if next(filter(None, told), "").startswith(ENGLISH) else CHINESE


def begin() -> None:
    """Choose the language for us and for click, whose own messages go through the same catalogue, and make sure that
    a terminal of another encoding shows a question mark where it lacks a character.
    """
    os.environ["LANGUAGE"] = chosen()
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def text(message: str) -> str:
    """A Chinese message in the language of the reader."""
    return gettext.dgettext(DOMAIN, message)
