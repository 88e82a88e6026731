"""`kb demo`: builds the demo base where there is none, then serves it on this machine."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click

from kb_service.config import Settings
from web.cli import language, output, progress
from web.cli.db import upgraded

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

PASSWORD = "zhijie-demo-2026"  # noqa: S105 - printed for everybody: a demo base answers on this machine alone


@click.command("demo", help=_("演示：没有演示库时先建一个，然后在本机启动服务。所有人物和内容都是虚构的。"))
@click.option("--build-only", is_flag=True, help=_("只建库，不启动服务。"))
def command(build_only: bool) -> None:
    from kb_service import config
    from web.cli.serve import demand_loopback, serve

    settings = config.load()
    demand_loopback(settings)
    if not settings.demo_marker.exists():
        make(settings)
    introduce()
    if not build_only:
        serve(settings)


def make(settings: Settings) -> None:
    """Build the demo base beside its home and move it there when it is complete. Raises NotADemo."""
    from kb_service.bootstrap import open_base
    from kb_service.demo.build import Clock, build, new_home

    with new_home(settings) as fresh:
        clock = Clock()
        upgraded(fresh)
        base = open_base(fresh, now=clock)
        try:
            with progress.bar(_("建立演示库")) as advance:
                build(base, clock, advance)
            set_passwords(base, fresh)
            base.index.rebuild()
            base.index.drain()
        finally:
            base.close()


def set_passwords(base: "KnowledgeBase", settings: Settings) -> None:
    """Give everybody the password of the demo, several at a time: a hash is slow on purpose."""
    from web import accounts

    store = accounts.open_store(settings.database_url())
    people = base.people.list(base.people.local())
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda person: accounts.set_password(store, person.id, PASSWORD), people))


def introduce() -> None:
    """Who can sign in, and what to try as whom."""
    from kb_service.demo import load

    click.echo(_("可以用这些用户名登录，密码都是 {password}").format(password=PASSWORD))
    output.table(("  " + person.username, person.name, person.about) for person in load().people)
