"""`kb labelled`: the labelled queries of the base, words with the articles that answer them."""

from dataclasses import asdict

import click

from kb_service.errors import NotFound
from kb_service.results import LabelledRow
from web.cli import base, language, output

_ = language.text
PAGE = 50


@click.group("labelled", help=_("标注检索词：用户的问法和能解答它的知识，用来评测检索。"))
def command() -> None: ...


@command.command("list", help=_("列出标注检索词，最近改动的在前；名次是最近一次评测的。"))
@click.option("--offset", type=click.IntRange(min=0), default=0, help=_("从第几条之后开始。"))
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def show(offset: int, person: str, as_json: bool) -> None:
    with base.opened() as opened:
        page = opened.labelled.list(base.acting(opened, person), offset=offset, limit=PAGE)
    if as_json:
        rows = [asdict(row) | {"at": row.at.isoformat()} for row in page.rows]
        output.write_json({"total": page.total, "queries": rows})
        return
    output.table(("-" if row.place is None else str(row.place), _numbers(row), row.words) for row in page.rows)
    click.echo(_("共 {total} 条标注检索词。").format(total=page.total))


@command.command("add", help=_("标注：这些知识能解答 WORDS；已有的答案保留。"))
@click.argument("words")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@base.as_person
def add(words: str, numbers: tuple[str, ...], person: str) -> None:
    from web.params import clean

    with base.opened() as opened:
        row = opened.labelled.add(base.acting(opened, person), clean(words), tuple(map(clean, numbers)))
    click.echo(_("已标注：{words} → {numbers}").format(words=row.words, numbers=_numbers(row)))


@command.command("remove", help=_("删除一条标注检索词；以后不再自动收集。"))
@click.argument("words")
@base.as_person
def remove(words: str, person: str) -> None:
    from web.params import clean

    with base.opened() as opened:
        actor, told = base.acting(opened, person), " ".join(clean(words).split())
        page = opened.labelled.list(actor, words=told, limit=PAGE)
        row = next((one for one in page.rows if one.words == told), None)
        if row is None:
            raise NotFound
        opened.labelled.remove(actor, row.id, seen_version=row.version)
    click.echo(_("已删除：{words}").format(words=told))


def _numbers(row: LabelledRow) -> str:
    return " ".join(answer.number for answer in row.answers)
