"""`kb token`: makes, lists and revokes the tokens programs come with."""

import click

from web.cli import base, language, output

_ = language.text


@click.group("token", help=_("接口令牌：供程序访问 /api/v1，权限与所属的人相同。"))
def command() -> None: ...


@command.command("add", help=_("为一个人生成令牌。令牌只显示这一次。"))
@click.argument("person")
@click.option("--name", default="kb token add", help=_("令牌的用途，便于以后辨认。"))
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help=_("有效天数。"))
def add(person: str, name: str, days: int) -> None:
    from web.accounts import add_token
    from web.params import clean

    with base.opened() as opened:
        view = opened.people.find(person)
        click.echo(add_token(opened.settings.database_url(), view.id, name=clean(name), days=days))


@command.command("list", help=_("列出令牌：开头几个字符、所属的人、用途和期限。"))
def show() -> None:
    from web.accounts import list_tokens

    with base.opened() as opened:
        listed = list_tokens(opened.settings.database_url())
    rows = (
        (view.prefix, view.username, f"{view.expires_at:%Y-%m-%d}", _("已作废") if view.revoked_at else "", view.name)
        for view in listed
    )
    output.table(rows)


@command.command("revoke", help=_("作废一个令牌；PREFIX 是它的开头几个字符。"))
@click.argument("prefix")
def revoke(prefix: str) -> None:
    from web.accounts import revoke_token

    with base.opened() as opened:
        revoke_token(opened.settings.database_url(), prefix)
    click.echo(_("已作废。"))
