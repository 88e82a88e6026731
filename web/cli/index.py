"""`kb index`: builds the search index, keeps it up to date, tells its state; checking never repairs."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from kb_service.errors import IndexBuilding, Unavailable
from kb_service.results import IndexCheck, IndexStatus
from web.cli import base, errors, language, output, progress

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

PATIENCE, PAUSE = 600, 0.1
"""Seconds to wait for another process, and between two looks."""
BULK = 2_500
"""Changes indexed at a time: every time costs a commit."""
SHOWN = 10


class Stopped(Exception):
    """Something is to end before it is done: whoever comes next takes it up, and what is searched stays as it was."""


as_json = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))


@click.group("index", help=_("检索索引：重建、更新、检查、状态。"))
def command() -> None: ...


@command.command("rebuild", help=_("重新建立整个索引；期间旧索引照常检索。"))
def rebuild() -> None:
    with base.opened() as opened, progress.bar(_("建立索引")) as advance:
        opened.index.rebuild(advance)
        documents = opened.index.status().documents
    click.echo(_("索引已重建，共 {documents} 篇。").format(documents=documents))


@command.command("drain", help=_("把还没有进索引的改动放进去。"))
def drain() -> None:
    with base.opened() as opened:
        taken = opened.index.drain()
    click.echo(_("已处理 {taken} 处改动。").format(taken=taken))


@command.command("check", help=_("核对索引与数据库；不一致时退出码为 {code}。").format(code=errors.PROBLEMS_FOUND))
@as_json
def check(as_json: bool) -> None:
    with base.opened() as opened:
        found = opened.index.check()
    (_check_json if as_json else _check_lines)(found)
    if not found.clean:
        raise click.exceptions.Exit(errors.PROBLEMS_FOUND)


def _check_json(found: IndexCheck) -> None:
    output.write_json(
        {
            "missing": list(found.missing),
            "surplus": list(found.surplus),
            "stale": list(found.stale),
            "counts": dict(found.counts),
        }
    )


def _check_lines(found: IndexCheck) -> None:
    if found.clean:
        click.echo(_("索引与数据库一致。"))
        return
    for title, kind in ((_("缺少"), "missing"), (_("多余"), "surplus"), (_("过时"), "stale")):
        if ids := getattr(found, kind):
            more = " …" if len(ids) > SHOWN else ""
            told = _("{title} {count} 篇：").format(title=title, count=found.counts[kind])
            click.echo(told + " ".join(ids[:SHOWN]) + more)
    click.echo(_("等改动处理完仍不一致时，请执行 kb index rebuild。"))


@command.command("status", help=_("索引用的是什么引擎，有多少篇，还有多少改动在等。"))
@as_json
def status(as_json: bool) -> None:
    with base.opened() as opened:
        state, reasons = opened.index.status(), opened.index.parked(SHOWN)
    (_status_json if as_json else _status_lines)(state, reasons)


def _status_json(state: IndexStatus, reasons: Mapping[str, str]) -> None:
    names = ("engine", "generation", "documents", "state", "waiting", "parked")
    output.write_json({**{name: getattr(state, name) for name in names}, "reasons": reasons})


def _status_lines(state: IndexStatus, reasons: Mapping[str, str]) -> None:
    output.table(
        (
            (_("引擎"), state.engine),
            (_("代"), state.generation or "-"),
            (_("篇数"), str(state.documents)),
            (_("状态"), describe(state)),
            (_("等待的改动"), str(state.waiting)),
            (_("搁置的改动"), str(state.parked)),
            *reasons.items(),
        )
    )


def describe(state: IndexStatus) -> str:
    """The state in words."""
    words = {
        "ready": _("正常"),
        "missing": _("还没有建立"),
        "mismatch": _("由另一版本建立，需要重建"),
        "building": _("正在建立"),
        "unavailable": _("无法打开"),
        "damaged": _("损坏，需要重建"),
    }
    return words.get(state.state.partition(":")[0], state.state)


def ensure(opened: "KnowledgeBase", progress: Callable[[int, int], None] | None = None) -> None:
    """Build the index where there is none that can be used; ``progress`` as for ``rebuild``. Raises IndexBuilding where
    somebody does.
    """
    if opened.index.status().state in ("missing", "mismatch", "damaged"):
        opened.index.rebuild(progress)


@contextmanager
def followed(opened: "KnowledgeBase") -> Iterator[None]:
    """Bring what changes into the index meanwhile, beside the process that changes it; ``make_true`` does the rest."""
    over = threading.Event()

    def go_on() -> None:
        if over.is_set():
            raise Stopped

    def follow() -> None:
        while not over.wait(PAUSE):
            with suppress(Unavailable, Stopped):
                opened.index.drain(BULK, go_on)

    thread = threading.Thread(target=follow, name="index")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def make_true(opened: "KnowledgeBase") -> None:
    """Bring all that changed into the index, or wait for whoever does that now."""
    with suppress(IndexBuilding):
        ensure(opened)
    until = time.monotonic() + PATIENCE
    opened.index.drain(BULK)
    while opened.index.waiting() and time.monotonic() < until:
        time.sleep(PAUSE)
        opened.index.drain(BULK)
