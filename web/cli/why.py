"""`kb why`: which words led to a hit, and why it does not stand higher."""

from dataclasses import asdict

import click

from kb_service.results import WhyHit, WhyTerm
from web.cli import base, language, output

_ = language.text


@click.command("why", help=_("说明 NUMBER 为什么被 WORDS 找到、排在第几；管理员还能看到排在它前面的一条。"))
@click.argument("words")
@click.argument("number", metavar="NUMBER")
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(words: str, number: str, person: str, as_json: bool) -> None:
    from web.params import clean

    with base.opened() as opened:
        found = opened.why.of(base.acting(opened, person), clean(words), clean(number))
    if as_json:
        output.write_json(asdict(found))
        return
    for one in (found.own, found.ahead):
        if one:
            _show(one)
    if found.own is None:
        click.echo(_("{number} 已停用或还没有发布，检索不到。").format(number=found.number))
    if "waiting" in found.reasons:
        click.echo(_("{number} 刚改过，索引还没有更新。").format(number=found.number))


def _show(one: WhyHit) -> None:
    place = _("第 {rank} 名").format(rank=one.rank) if one.rank else _("不在前 100 名")
    click.echo(f"{one.number}  {place}  {one.title}")
    if one.exact:
        named = {"title": _("标题或一种问法与检索词相同。"), "code": _("写明了检索的代码或编号。")}
        click.echo("    " + named[one.exact])
    rows = [("   ", term.term, term.through or "-", f"{term.share:.0%}", _places(term)) for term in one.terms]
    if rows:
        output.table((("   ", _("词"), _("您写的"), _("占比"), _("位置")), *rows))
    if one.missing:
        click.echo("    " + _("它没有：{words}").format(words="、".join(one.missing)))


def _places(term: WhyTerm) -> str:
    return " ".join(f"{field}×{times}" for field, times in term.fields.items())
