"""`kb organisation`: adds nodes of the tree of organisations and shows it."""

import click

from kb_service.domain.organisation import KINDS
from web.cli import base, language, output

_ = language.text


@click.group("organisation", help=_("机构：添加、列出。"))
def command() -> None: ...


@command.command("add", help=_("添加一个机构。最上级机构不写 --parent。"))
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KINDS), help=_("机构类别。"))
@click.option("--parent", default="", help=_("上级机构的名称。"))
@click.option("--alias", "aliases", multiple=True, help=_("别的叫法，可多次；导入时凭它对应。"))
@base.as_person
def add(name: str, kind: str, parent: str, aliases: tuple[str, ...], person: str) -> None:
    from web.params import clean

    with base.opened() as opened:
        view = opened.people.add_organisation(
            base.acting(opened, person),
            name=clean(name),
            kind=kind,
            parent=clean(parent),
            aliases=tuple(map(clean, aliases)),
        )
    click.echo(_("已添加机构 {name}。").format(name=view.name))


@command.command("list", help=_("列出所有机构，按上下级。"))
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def show(person: str, as_json: bool) -> None:
    with base.opened() as opened:
        tree = opened.people.organisations(base.acting(opened, person))
    if as_json:
        output.write_json([{"id": one.id, "name": one.name, "kind": one.kind, "path": one.path} for one in tree])
        return
    output.table((one.path, one.kind) for one in tree)
