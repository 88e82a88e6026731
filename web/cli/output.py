"""How values are written on the terminal: JSON for programs, aligned plain lines and marks for people."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from kb_service.config import Settings

_MARK = re.compile(r"</?mark>")


def write_json(value: Any) -> None:
    """One JSON value, Chinese unescaped."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def marked(text: str) -> str:
    """Escaped HTML with <mark> as plain text, marks underlined; where there is no terminal, click drops that."""
    plain, on = "", False
    for part in re.split(r"(</?mark>)", text):
        if _MARK.fullmatch(part):
            on = part == "<mark>"
        elif part:
            plain += click.style(html.unescape(part), bold=True, underline=True) if on else html.unescape(part)
    return plain


def table(rows: Iterable[Sequence[str]]) -> None:
    """Rows of cells in columns, a full-width character counting as two."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell + " " * (size - width(cell)) for cell, size in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def width(text: str) -> int:
    """Columns of a terminal the text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def size(number: int) -> str:
    """A number of bytes as people read it."""
    units = ("B", "KB", "MB", "GB", "TB")
    power = min(max(0, number.bit_length() - 1) // 10, len(units) - 1)
    return f"{number / 1024**power:.{1 if power else 0}f} {units[power]}"


def address(settings: Settings) -> str:
    """Where people reach the service: the public address, else the one it listens on."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"
