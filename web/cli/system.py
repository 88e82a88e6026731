"""`kb system`: adds application systems with their modules and shows them."""

import click

from web.cli import base, language, output

_ = language.text


@click.group("system", help=_("应用系统：添加、列出。"))
def command() -> None: ...


@command.command("add", help=_("添加一个应用系统和它的模块。"))
@click.argument("name")
@click.option("--module", "modules", multiple=True, help=_("模块，可多次。"))
@click.option("--alias", "aliases", multiple=True, help=_("别的叫法，可多次；导入时凭它对应。"))
@base.as_person
def add(name: str, modules: tuple[str, ...], aliases: tuple[str, ...], person: str) -> None:
    from web.params import clean

    with base.opened() as opened:
        view = opened.people.add_system(
            base.acting(opened, person),
            name=clean(name),
            modules=tuple(map(clean, modules)),
            aliases=tuple(map(clean, aliases)),
        )
    click.echo(_("已添加应用系统 {name}。").format(name=view.name))


@command.command("list", help=_("列出所有应用系统和模块。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def show(as_json: bool) -> None:
    with base.opened() as opened:
        systems = opened.people.systems()
    if as_json:
        output.write_json([{"name": one.name, "modules": one.modules} for one in systems])
        return
    output.table((one.name, "、".join(one.modules)) for one in systems)
