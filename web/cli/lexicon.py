"""`kb lexicon`: words, synonyms and stop words of the base, their effect before they are saved, their history."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb_service.domain.lexicon import KINDS
from kb_service.errors import Invalid, Unconfirmed
from kb_service.inputs import LexiconInput
from kb_service.results import LexiconChangeRow, LexiconImport, LexiconOutlook, LexiconRow, LexiconView, MovedQuery
from web.cli import base, language, output

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

PAGE = 50
SHOWN = 20
LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is taken in."""

kind = click.argument("kind", type=click.Choice(KINDS))
entry = click.argument("entry", type=click.IntRange(min=1))
why = click.option("--reason", required=True, help=_("理由，以后的人会看到。"))
sure = click.option("--yes", "confirmed", is_flag=True, help=_("即使有检索会变差也照做。"))
as_json = click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
from_place = click.option("--offset", type=click.IntRange(min=0), default=0, help=_("从第几条之后开始。"))


@click.group("lexicon", help=_("词库：领域词、同义词、停用词，改动前看影响，改动后可撤销。"))
def command() -> None: ...


@command.command("list", help=_("列出词条，最近改动的在前。"))
@click.option("--kind", type=click.Choice(KINDS), help=_("只要这一种。"))
@click.option("--words", default="", help=_("只要含有这些字的。"))
@from_place
@base.as_person
@as_json
def listing(kind: str | None, words: str, offset: int, person: str, as_json: bool) -> None:
    from web.params import clean

    with base.opened() as opened:
        actor = base.acting(opened, person)
        page = opened.lexicon.list(actor, kind=kind or "", words=clean(words), offset=offset, limit=PAGE)
    if as_json:
        output.write_json({"total": page.total, "entries": [_plain(row) for row in page.rows]})
        return
    output.table((str(row.id), row.kind, row.text, row.author, row.reason) for row in page.rows)
    click.echo(_("共 {total} 条。").format(total=page.total))


@command.command("add", help=_("新增一条：领域词、停用词写一个词；同义词写“a, b”双向，“a => b”单向。"))
@kind
@click.argument("text")
@why
@sure
@base.as_person
@as_json
def add(kind: str, text: str, reason: str, confirmed: bool, person: str, as_json: bool) -> None:
    from web.params import clean

    told = LexiconInput(kind=kind, text=clean(text), reason=clean(reason))
    with base.opened() as opened, _weighed():
        view = opened.lexicon.add(base.acting(opened, person), told, confirmed=confirmed)
    _tell(view, as_json)


@command.command("change", help=_("修改一条的内容。"))
@entry
@click.argument("text")
@why
@sure
@base.as_person
@as_json
def change(entry: int, text: str, reason: str, confirmed: bool, person: str, as_json: bool) -> None:
    from web.params import clean

    with base.opened() as opened, _weighed():
        actor = base.acting(opened, person)
        seen = opened.lexicon.get(actor, entry).entry.version
        view = opened.lexicon.change(
            actor, entry, clean(text), reason=clean(reason), seen_version=seen, confirmed=confirmed
        )
    _tell(view, as_json)


@command.command("remove", help=_("移除一条；历史保留，可以撤销。"))
@entry
@why
@sure
@base.as_person
@as_json
def remove(entry: int, reason: str, confirmed: bool, person: str, as_json: bool) -> None:
    from web.params import clean

    with base.opened() as opened, _weighed():
        actor = base.acting(opened, person)
        seen = opened.lexicon.get(actor, entry).entry.version
        view = opened.lexicon.remove(actor, entry, reason=clean(reason), seen_version=seen, confirmed=confirmed)
    _tell(view, as_json)


@command.command("preview", help=_("看一条新词条会让哪些标注检索词变好、变差；不保存。"))
@kind
@click.argument("text")
@base.as_person
@as_json
def preview(kind: str, text: str, person: str, as_json: bool) -> None:
    from web.params import clean

    with base.opened() as opened:
        outlook = opened.lexicon.preview(base.acting(opened, person), kind, clean(text))
    if as_json:
        output.write_json(asdict(outlook))
        return
    for line in _told(outlook):
        click.echo(line)


@command.command("history", help=_("列出改动，最近的在前；给出词条编号则只列它的。"))
@click.argument("entry", type=click.IntRange(min=1), required=False)
@from_place
@base.as_person
@as_json
def history(entry: int | None, offset: int, person: str, as_json: bool) -> None:
    with base.opened() as opened:
        changes = _changes(opened, person, entry, offset)
    if as_json:
        output.write_json([_plain(change) for change in changes])
        return
    output.table(
        (str(one.id), f"{one.at:%Y-%m-%d %H:%M}", one.action, one.author, _edit(one), one.reason) for one in changes
    )


@command.command("undo", help=_("撤销一次改动的全部内容；编号见 kb lexicon history。"))
@click.argument("change", type=click.IntRange(min=1))
@click.option("--reason", default="", help=_("理由。"))
@base.as_person
def undo(change: int, reason: str, person: str) -> None:
    from web.params import clean

    with base.opened() as opened:
        done = opened.lexicon.undo(base.acting(opened, person), change, reason=clean(reason))
    click.echo(_("已撤销第 {change} 次改动，共 {entries} 条。").format(change=change, entries=done.entries))


@command.command(
    "import", help=_("从文本文件导入：结巴用户词典、Solr 同义词、一行一个的停用词。PATH 为 - 时读标准输入。")
)
@kind
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@why
@click.option("--dry-run", is_flag=True, help=_("只检查、看影响，不写入。"))
@sure
@base.as_person
@as_json
def take(*, kind: str, path: Path, reason: str, dry_run: bool, confirmed: bool, person: str, as_json: bool) -> None:
    from web import uploads
    from web.params import clean

    told = LexiconInput(kind=kind, text=uploads.text(_read(path)), reason=clean(reason))
    with base.opened() as opened, _weighed():
        actor = base.acting(opened, person)
        if dry_run:
            taken = opened.lexicon.preview_import(actor, kind, told.text)
        else:
            taken = opened.lexicon.take(actor, told, confirmed=confirmed)
    if as_json:
        output.write_json(asdict(taken))
        return
    _tell_import(taken, dry_run)


@command.command("export", help=_("把一种词条按它的文本格式写到标准输出。"))
@kind
@base.as_person
def export(kind: str, person: str) -> None:
    with base.opened() as opened:
        for line in opened.lexicon.export(base.acting(opened, person), kind):
            click.echo(line)


@command.command("status", help=_("生效的是第几版，各有多少条，索引是否还缺新词。"))
@base.as_person
@as_json
def status(person: str, as_json: bool) -> None:
    with base.opened() as opened:
        state = opened.lexicon.status(base.acting(opened, person))
    if as_json:
        output.write_json(asdict(state))
        return
    waiting = _("等待重建") if state.words_wait else _("一致")
    if state.progress:
        waiting = _("正在重建 {done} / {total}").format(**asdict(state.progress))
    counted = ((name, str(count)) for name, count in state.counts.items())
    output.table(((_("版本"), str(state.revision)), *counted, (_("索引"), waiting)))


@contextmanager
def _weighed() -> Iterator[None]:
    """Before a change that was not confirmed is refused, tell what it would do."""
    try:
        yield
    except Unconfirmed as refusal:
        for line in _told(refusal.detail["outlook"]):
            click.echo(line, err=True)
        click.echo(_("加 --yes 就照做。"), err=True)
        raise


def _read(path: Path) -> bytes:
    """The bytes of a file or of standard input. Raises Invalid for too many, OSError."""
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Invalid(_("文件超过 16 MB，没有读。请分成几个文件。"))
    return data


def _changes(opened: "KnowledgeBase", person: str, entry: int | None, offset: int) -> Sequence[LexiconChangeRow]:
    actor = base.acting(opened, person)
    if entry is not None:
        return opened.lexicon.get(actor, entry).changes[offset : offset + PAGE]
    return opened.lexicon.history(actor, offset=offset, limit=PAGE).rows


def _plain(row: LexiconRow | LexiconChangeRow) -> dict[str, object]:
    """A result as JSON has it: points in time as ISO texts."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in asdict(row).items()}


def _tell(view: LexiconView, as_json: bool) -> None:
    if as_json:
        output.write_json(_plain(view.entry))
        return
    act = view.changes[0]
    click.echo(f"{view.entry.id}  {view.entry.kind}  {_edit(act)}")
    click.echo(_("第 {change} 次改动已生效；撤销：kb lexicon undo {change}").format(change=act.id))
    if view.entry.kind == "word":
        click.echo(_("已有知识的索引由 kb serve 或 kb worker 在后台按新词重建，也可执行 kb index rebuild。"))


def _edit(act: LexiconChangeRow) -> str:
    text = " -> ".join(filter(None, (act.before, act.after or "-")))
    return text + (_(" 等 {entries} 条").format(entries=act.entries) if act.entries > 1 else "")


def _tell_import(taken: LexiconImport, dry_run: bool) -> None:
    done = _("检查完毕，没有写入。") if dry_run else _("导入完成。")
    sums = _("新增 {created}，早已有了 {unchanged}，不能用的行 {refused}。")
    counts = {"created": taken.created, "unchanged": taken.unchanged, "refused": len(taken.refused)}
    click.echo(done + sums.format(**counts))
    for line in taken.refused[:SHOWN]:
        click.echo(_("  第 {number} 行：{problem}").format(number=line.number, problem=line.problem))
    if len(taken.refused) > SHOWN:
        click.echo(_("  其余 {rest} 行请加 --json 查看。").format(rest=len(taken.refused) - SHOWN))
    for told in _told(taken.outlook) if dry_run else taken.outlook.notes:
        click.echo(told)


def _told(outlook: LexiconOutlook) -> Iterator[str]:
    """The outlook in lines."""
    yield from outlook.notes
    if outlook.emptied:
        yield _("这些检索词会一个实词也不剩：") + "、".join(outlook.emptied)
    measured = outlook.measured
    if measured is None:
        yield _("没有标注过的检索词，或索引正忙，这次没有测量。")
        return
    yield f"nDCG@10 {measured.before.ndcg_10:.3f} -> {measured.after.ndcg_10:.3f} ({measured.queries})"
    for title, moved in ((_("变差"), measured.lost), (_("变好"), measured.gained)):
        for one in moved[:SHOWN]:
            yield _moved(title, one)


def _moved(title: str, one: MovedQuery) -> str:
    before, after = (place or "-" for place in (one.before, one.after))
    return f"  {title}  {one.words}  {before} -> {after}"
