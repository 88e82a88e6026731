"""`kb restore`: makes a base of a backup where there is none, and builds its index."""

import time
from pathlib import Path

import click

from web.cli import backup, base, language, progress

_ = language.text


@click.command(
    "restore", help=_("从备份 FILE 恢复知识库到空的 KB_HOME 和 KB_DATABASE：先核对整个备份，再写入，最后建立索引。")
)
@backup.an_archive
@backup.identity
def command(file: Path, identity: Path | None) -> None:
    from kb_service import config
    from kb_service.services import restoring
    from web.accounts import renewal

    begun = time.monotonic()
    restored = restoring.restore(config.load(), file, identity, beside=renewal.accounts())
    backup.show(restored)
    click.echo(_("数据已恢复，正在建立索引。所有登录和令牌都已失效，口令不变。"))
    with base.opened() as opened, progress.bar(_("建立索引")) as advance:
        documents = opened.index.rebuild(advance)
    click.echo(
        _("恢复完成：索引 {documents} 篇，共用时 {seconds:.1f} 秒。").format(
            documents=documents, seconds=time.monotonic() - begun
        )
    )
