"""`kb review`: the review queue and its decisions, for single candidates and whole imports."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from kb_service.results import CandidateView
from web.cli import base, index, language, output

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.domain.access import Actor

_ = language.text
PAGE = 50

candidates = click.argument("candidates", nargs=-1, type=click.IntRange(min=1), metavar="[CANDIDATE]...")
whole_import = click.option(
    "--import",
    "import_id",
    type=click.IntRange(min=1),
    metavar="IMPORT",
    help=_("整批：这次导入里等待决定的全部条目。"),
)


@click.group("review", help=_("审核：查看待审条目，通过、签发或退回。请用 --as 指明审核人。"))
def command() -> None: ...


@command.command("list", help=_("列出等待我决定的条目，先到期的在前。"))
@base.as_person
@click.option("--offset", type=click.IntRange(min=0), default=0, help=_("从第几条之后开始。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def queue(person: str, offset: int, as_json: bool) -> None:
    with base.opened() as opened:
        page = opened.reviews.queue(base.acting(opened, person), offset=offset, limit=PAGE)
    names = ("id", "title", "kind", "state", "author", "scope", "system", "target", "import_id", "due")
    if as_json:
        rows = [{name: getattr(row, name) for name in names} for row in page.rows]
        output.write_json({"total": page.total, "candidates": rows})
        return
    output.table((str(row.id), row.due, row.state, row.author, row.target or "-", row.title) for row in page.rows)
    click.echo(_("共 {total} 条等待决定。").format(total=page.total))


@command.command("accept", help=_("通过：条目随即成为知识；全国范围或限定的内容转给组长签发。"))
@candidates
@whole_import
@base.as_person
@click.option("--comment", default="", help=_("审核意见。"))
def accept(candidates: tuple[int, ...], import_id: int | None, person: str, comment: str) -> None:
    _one_of(candidates, import_id)
    with base.opened() as opened:
        actor = base.acting(opened, person)
        if import_id is not None:
            _tell_import(opened.reviews.accept_import(actor, import_id, comment))
        _each(opened, actor, candidates, partial(opened.reviews.accept, actor, comment=comment))
        index.make_true(opened)


@command.command("sign-off", help=_("签发：组长对全国范围或限定的内容作最后决定。"))
@click.argument("candidates", nargs=-1, required=True, type=click.IntRange(min=1), metavar="CANDIDATE...")
@base.as_person
@click.option("--comment", default="", help=_("签发意见。"))
def sign_off(candidates: tuple[int, ...], person: str, comment: str) -> None:
    with base.opened() as opened:
        actor = base.acting(opened, person)
        _each(opened, actor, candidates, partial(opened.reviews.sign_off, actor, comment=comment))
        index.make_true(opened)


@command.command("send-back", help=_("退回作者修改，须写明理由。"))
@candidates
@whole_import
@base.as_person
@click.option("--reason", required=True, help=_("退回的理由，作者会看到。"))
def send_back(candidates: tuple[int, ...], import_id: int | None, person: str, reason: str) -> None:
    _one_of(candidates, import_id)
    with base.opened() as opened:
        actor = base.acting(opened, person)
        if import_id is not None:
            _tell_import(opened.reviews.send_back_import(actor, import_id, reason))
        _each(opened, actor, candidates, partial(opened.reviews.send_back, actor, reason=reason))


def _one_of(candidates: tuple[int, ...], import_id: int | None) -> None:
    if bool(candidates) == (import_id is not None):
        raise click.UsageError(_("请给出待审条目的编号，或用 --import 给出一次导入，二者取一。"))


def _each(
    opened: "KnowledgeBase", actor: "Actor", candidates: tuple[int, ...], act: Callable[..., CandidateView]
) -> None:
    for candidate in candidates:
        view = act(candidate, seen_version=opened.candidates.get(actor, candidate).version)
        click.echo(f"{view.id}  {view.state}  {view.article or '-'}  {view.title}")


def _tell_import(decided: int) -> None:
    click.echo(_("已处理 {count} 条。").format(count=decided))
