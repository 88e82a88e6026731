"""`kb import`: takes a file or folder in, or only checks it, and returns when what it brought can be found."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb_service.errors import Conflict
from kb_service.inputs import Refusal
from kb_service.results import Counts, ImportView, RefusalView
from web.cli import base, index, language, progress
from web.cli.errors import FILE_REFUSED
from web.cli.job import BUSY, Job

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.domain.access import Actor

_ = language.text

PAUSE = 0.1
"""Seconds between two looks at how far it is."""
SHOWN = 20


@click.command("import", help=_("导入问题处理报告或知识条目：文件、文件夹或 zip。知识条目要审核后才发布。"))
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--kind", type=click.Choice(["report", "article"]), required=True, help=_("report 处理报告，article 知识条目。")
)
@click.option("--profile", default="", metavar="PROFILE", help=_("导入方案：列名与字段怎样对应。"))
@click.option("--encoding", default="", metavar="ENCODING", help=_("文本表格的编码，不给则自动判断。"))
@click.option("--delimiter", default="", metavar="DELIMITER", help=_("文本表格的分隔符，不给则自动判断。"))
@click.option("--dry-run", is_flag=True, help=_("只检查，不写入。"))
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(
    *,
    path: Path,
    kind: str,
    profile: str,
    encoding: str,
    delimiter: str,
    dry_run: bool,
    person: str,
    as_json: bool,
) -> None:
    from importers.errors import ImportFailed
    from web import uploads

    chosen = {"encoding": encoding, "delimiter": delimiter}
    options = {name: value for name, value in chosen.items() if value}
    with base.opened() as opened:
        actor = base.acting(opened, person)
        try:
            copy = uploads.keep(opened.settings, path)
        except ImportFailed as failure:
            if as_json:
                _write_json(Counts(), iter([failure.refusal()]))
            raise
        view = _taken(opened, actor, copy, kind=kind, profile=profile, options=options)
        view = _done(opened, actor, view, dry_run=dry_run)
        if dry_run:
            uploads.drop(copy)
        if as_json:
            _write_json(view.counts, opened.imports.refusals(actor, view.id))
        elif view.state != "failed":
            _tell(view, opened.imports.refusals(actor, view.id), dry_run=dry_run)
    _demand_read(view, dry_run=dry_run)


def _taken(
    opened: "KnowledgeBase", actor: "Actor", copy: Path, *, kind: str, profile: str, options: Mapping[str, str]
) -> ImportView:
    from importers import pipeline

    digest, size = pipeline.digest(copy)
    return opened.imports.upload(
        actor, kind=kind, name=copy.name, path=copy, digest=digest, size=size, profile=profile, options=options
    )


def _done(opened: "KnowledgeBase", actor: "Actor", view: ImportView, *, dry_run: bool) -> ImportView:
    """The import when it is checked, or when all it brought can be found."""
    begin = opened.imports.check if dry_run else opened.imports.run
    begin(actor, view.id, seen_version=view.version)
    meanwhile = nullcontext() if dry_run else index.followed(opened)
    with meanwhile, progress.bar(_("检查") if dry_run else _("导入")) as advance:
        view = _worked(opened, actor, view.id, advance)
    if not dry_run:
        index.make_true(opened)
    elif "abandon" in view.actions:
        opened.imports.abandon(actor, view.id, seen_version=view.version)
    return view


def _worked(opened: "KnowledgeBase", actor: "Actor", import_id: int, advance: progress.Advance) -> ImportView:
    """The import when it is over: by a process of ours, or by a worker that was faster to claim it."""
    job: Job | None = None
    try:
        while True:
            job = None if job and job.ended() else job
            view = opened.imports.get(actor, import_id)
            if job is None and view.state not in BUSY:
                return view
            if job is None and opened.imports.claim(import_id) is not None:
                job = Job(opened, import_id)
            advance(view.position, view.total)
            time.sleep(PAUSE)
    except BaseException:
        if job:
            job.stop()
        raise


def _demand_read(view: ImportView, *, dry_run: bool) -> None:
    """Raises Conflict when somebody abandoned it meanwhile, and ends with the code of a refused file."""
    if view.state == "failed":
        click.echo(f"kb: {view.message}", err=True)
        raise click.exceptions.Exit(FILE_REFUSED)
    if view.state == "abandoned" and not dry_run:
        raise Conflict(_("这次导入被放弃了，已导入的内容保留。"))


def _write_json(counts: Counts, refusals: Iterator[RefusalView] | Iterator[Refusal]) -> None:
    """What ``--json`` prints, the refused one after another; programs rely on it."""
    numbers = ", ".join(f'"{name}": {getattr(counts, name)}' for name in ("read", "created", "updated", "unchanged"))
    click.echo(f'{{{numbers}, "refused": [', nl=False)
    for place, row in enumerate(refusals):
        told = {name: getattr(row, name) for name in ("source", "place", "reason", "message")}
        click.echo(("," if place else "") + "\n" + json.dumps(told, ensure_ascii=False), nl=False)
    click.echo("]}")


def _tell(view: ImportView, refusals: Iterator[RefusalView], *, dry_run: bool) -> None:
    counts = view.counts
    done = _("检查完毕，没有写入。") if dry_run else _("导入完成（批次 {id}）。").format(id=view.id)
    sums = _("读到 {read} 条：新增 {created}，更新 {updated}，未变 {unchanged}，拒绝 {refused}。")
    click.echo(done + sums.format(**{name: getattr(counts, name) for name in Counts.__slots__}))
    for row in islice(refusals, SHOWN):
        click.echo(f"  {row.source} {row.place}：{row.message}")
    if counts.refused > SHOWN:
        click.echo(_("  其余 {rest} 条见网页上这次导入的“拒绝清单”，或加 --json。").format(rest=counts.refused - SHOWN))
    if view.kind == "article" and not dry_run and counts.created + counts.updated:
        click.echo(_("知识条目等待审核：kb review accept --import {id} --as 审核人").format(id=view.id))
