"""`kb suggest`: completes what is being typed, on the terminal or as JSON."""

import click

from kb_service.config import Settings
from kb_service.results import Suggestion
from web.cli import base, language, output
from web.cli.search import FOLDERS

_ = language.text

PATIENCE = 600.0
"""Seconds to wait for the texts, which are written first where they are missing or old."""


@click.command(
    "suggest",
    help=_("按已输入的文字给出建议：标题、问法、代码、常用检索；可以输入汉字、拼音、首字母或代码。"),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, required=True)
@base.as_person
@click.option("--limit", type=click.IntRange(1, 20), default=8, show_default=True, help=_("最多显示几条。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(words: tuple[str, ...], person: str, limit: int, as_json: bool) -> None:
    from web.params import clean

    typed = clean(" ".join(words))
    with base.opened() as opened:
        told = opened.suggest.find(base.asking(opened, person), typed, limit, wait=PATIENCE)
        (_show_json if as_json else _show)(told, opened.settings)


def _show_json(told: tuple[Suggestion, ...], settings: Settings) -> None:
    place = output.address(settings)
    shown = [{"text": one.text, "kind": one.kind, "url": place + _path(one)} for one in told]
    output.write_json({"suggestions": shown})


def _path(one: Suggestion) -> str:
    from urllib.parse import quote

    return f"/search?q={quote(one.text)}" if one.kind == "words" else f"/{FOLDERS[one.number[:2]]}/{one.number}"


def _show(told: tuple[Suggestion, ...], settings: Settings) -> None:
    from web.labels import label

    if not told:
        click.echo(_("没有建议。"))
    output.table([(one.text, label("suggestion", one.kind), one.number) for one in told])
