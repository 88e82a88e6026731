"""`kb related`: the articles most like one."""

from dataclasses import asdict

import click

from web.cli import base, language, output

_ = language.text


@click.command("related", help=_("列出与一条知识最相近的知识。"))
@click.argument("number", metavar="NUMBER")
@base.as_person
@click.option("--limit", type=click.IntRange(1, 20), default=5, show_default=True, help=_("最多显示几条。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(number: str, person: str, limit: int, as_json: bool) -> None:
    with base.opened() as opened:
        rows = opened.related.of(base.asking(opened, person), number, limit)
    if as_json:
        names = ("number", "kind", "title", "system", "module")
        output.write_json([{name: told[name] for name in names} for told in map(asdict, rows)])
        return
    if not rows:
        click.echo(_("没有找到相近的知识。"))
        return
    output.table((row.number, row.system, row.title) for row in rows)
