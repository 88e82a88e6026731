"""`kb person`: adds people, lists them, sets their passwords and disables them."""

import sys

import click

from web.cli import base, language, output

_ = language.text

from_stdin = click.option("--password-stdin", is_flag=True, help=_("从标准输入读密码，不提问。"))


@click.group("person", help=_("人员：添加、列出、设密码、停用。"))
def command() -> None: ...


@command.command("add", help=_("添加一个人。不给 --password-stdin 时会提问密码；直接回车则以后再设。"))
@click.argument("username")
@click.option("--name", required=True, help=_("姓名。"))
@click.option("--organisation", required=True, help=_("所属机构的名称。"))
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE[@ORGANISATION]",
    help=_("角色，可多次，如 expert 或 reviewer@机构名称；不写机构时用所属机构。"),
)
@from_stdin
@base.as_person
def add(username: str, name: str, organisation: str, roles: tuple[str, ...], password_stdin: bool, person: str) -> None:
    from web.params import clean

    granted = tuple(_grant(clean(role), organisation) for role in roles)
    with base.opened() as opened:
        actor = base.acting(opened, person)
        view = opened.people.add(
            actor, username=clean(username), name=clean(name), organisation=clean(organisation), roles=granted
        )
        click.echo(
            _("已添加 {username}（{name}，{organisation}）。").format(
                username=view.username, name=view.name, organisation=view.organisation
            )
        )
        if password := _asked(password_stdin, optional=True):
            _set(opened.settings.database_url(), view.id, password)


@command.command("list", help=_("列出所有人员和角色。"))
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def show(person: str, as_json: bool) -> None:
    with base.opened() as opened:
        people = opened.people.list(base.acting(opened, person))
    if as_json:
        names = ("id", "username", "name", "organisation", "roles", "active")
        output.write_json([{name: getattr(view, name) for name in names} for view in people])
        return
    rows = (
        (
            view.username,
            view.name,
            view.organisation,
            " ".join(f"{role}@{place}" for role, place in view.roles),
            "" if view.active else _("已停用"),
        )
        for view in people
    )
    output.table(rows)


@command.command("password", help=_("设置一个人的密码；此人所有已登录的会话随即结束。"))
@click.argument("username")
@from_stdin
def password(username: str, password_stdin: bool) -> None:
    with base.opened() as opened:
        view = opened.people.find(username)
        _set(opened.settings.database_url(), view.id, _asked(password_stdin))


@command.command("disable", help=_("停用一个人：不能再登录，其内容保留。"))
@click.argument("username")
@base.as_person
def disable(username: str, person: str) -> None:
    with base.opened() as opened:
        view = opened.people.disable(base.acting(opened, person), username)
    click.echo(_("已停用 {username}。").format(username=view.username))


def _grant(told: str, organisation: str) -> tuple[str, str]:
    role, _at, place = told.partition("@")
    return role, place or organisation


def _asked(from_standard_input: bool, *, optional: bool = False) -> str:
    """The password: a line of standard input, or typed twice unseen; "" where nobody can be asked and none is due."""
    if from_standard_input:
        return sys.stdin.readline().rstrip("\r\n")
    if optional and not sys.stdin.isatty():
        return ""
    default = "" if optional else None
    told: str = click.prompt(
        _("密码"), hide_input=True, confirmation_prompt=_("再输一次"), default=default, show_default=False
    )
    return told


def _set(database: str, person_id: int, password: str) -> None:
    from web.accounts import set_password

    set_password(database, person_id, password)
    click.echo(_("密码已设置。"))
