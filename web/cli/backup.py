"""`kb backup` and `kb backup verify`: makes a backup, and looks whether one is whole."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli import base, language, output

if TYPE_CHECKING:
    from kb_service.results import ArchiveView

_ = language.text

identity = click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=_("打开加密备份的私钥文件，age 或 ssh 的都可以。"),
)
an_archive = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


class Verbs(click.Group):
    """What is no verb is the folder a backup goes to."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_verb = bool(args) and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if is_verb else ["make", *args])


@click.group(
    "backup",
    cls=Verbs,
    help=_("备份：制作、核对。kb backup TARGET 把知识库备份到目录 TARGET，期间照常使用。"),
)
def command() -> None: ...


@command.command("make", help=_("把知识库备份到目录 TARGET；没有写 TARGET 时用 KB_BACKUP_TARGET。"))
@click.argument("target", required=False, type=click.Path(path_type=Path))
@click.option(
    "--recipient", metavar="KEY", help=_("用这个 age 或 ssh 公钥加密；没有写时用 KB_BACKUP_RECIPIENT，空的不加密。")
)
def make(target: Path | None, recipient: str | None) -> None:
    from web.accounts import renewal

    begun = time.monotonic()
    with base.opened() as opened:
        folder = target or opened.backups.target
        if folder is None:
            raise click.UsageError(_("请写明备份目录，或设置 KB_BACKUP_TARGET。"))
        made = opened.backups.make(folder, renewal.accounts(), recipient=recipient)
    click.echo(
        _("已备份到 {path}，{size}，用时 {seconds:.1f} 秒。").format(
            path=made.path, size=output.size(made.size), seconds=time.monotonic() - begun
        )
    )
    if made.missing:
        lacking = _("注意：有 {missing} 个附件的文件不在或已损坏，备份里没有。").format(missing=made.missing)
        click.echo(lacking, err=True)


@command.command("verify", help=_("把备份 FILE 从头读到尾，核对每一个校验和，打开里面的数据库，说明它有什么。"))
@an_archive
@identity
def verify(file: Path, identity: Path | None) -> None:
    from kb_service import config
    from kb_service.services import restoring

    home = config.load().home
    show(restoring.verify(file, identity, room=home if home.is_dir() else None))
    click.echo(_("备份完整，可以恢复。"))


def show(archive: "ArchiveView") -> None:
    """What an archive holds, a line for each thing."""
    rows = archive.rows
    kept = _("{attachments} 个").format(attachments=archive.attachments)
    if archive.missing:
        kept += _("，缺 {missing} 个").format(missing=archive.missing)
    output.table(
        (
            (_("制作时间"), f"{archive.made_at:%Y-%m-%d %H:%M:%S} UTC"),
            (_("程序版本"), archive.program or "-"),
            (_("结构版本"), " ".join(f"{table} {revision}" for table, revision in sorted(archive.versions.items()))),
            (_("大小"), output.size(archive.size) + (_("，已加密") if archive.encrypted else "")),
            (_("知识"), str(rows.get("article", 0))),
            (_("处理报告"), str(rows.get("report", 0))),
            (_("人员"), str(rows.get("person", 0))),
            (_("附件"), kept),
            (_("数据表"), _("{tables} 张，共 {rows} 行").format(tables=len(rows), rows=sum(rows.values()))),
        )
    )
