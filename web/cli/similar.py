"""`kb similar`: the articles a text repeats, with the passages they share."""

from dataclasses import asdict
from typing import BinaryIO

import click

from kb_service.errors import Invalid
from kb_service.results import SimilarArticle
from web.cli import base, language, output

_ = language.text

TEXT_LIMIT = 2 * 1024 * 1024
"""Bytes of a text: as many as the page takes."""


@click.command("similar", help=_("找出一段文字与哪些知识重复。FILE 为 - 时从标准输入读取，最多 2 MB。"))
@click.argument("file", type=click.File("rb"))
@base.as_person
@click.option("--limit", type=click.IntRange(1, 10), default=5, show_default=True, help=_("最多显示几条。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(file: BinaryIO, person: str, limit: int, as_json: bool) -> None:
    from web.params import clean

    told = clean(_read(file))
    with base.opened() as opened:
        found = opened.related.similar(base.asking(opened, person), told, limit=limit)
    if as_json:
        output.write_json(list(map(asdict, found)))
        return
    if not found:
        click.echo(_("没有相近的知识。"))
    for one in found:
        _show(one)


def _read(file: BinaryIO) -> str:
    data = file.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        raise Invalid(_("文字超过 2 MB，没有比较。请截取一段再试。"))
    return data.decode("utf-8", errors="replace")


def _show(one: SimilarArticle) -> None:
    click.echo(f"{one.number}  {one.share:>4.0%}  {one.title}" + (f"  [{one.system}]" if one.system else ""))
    if one.excerpt:
        click.echo("    " + " ".join(output.marked(one.excerpt).split()))
