"""`kb doctor`: looks at installation, settings, base and engine, one line each, with a cure where one is needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from indexer.errors import IndexerError
from kb_service.config import Settings
from kb_service.errors import KBError
from web.cli import errors, language, output
from web.cli.doctor import base, configuration, machine, search
from web.cli.doctor.finding import MARKS, WRONG, Finding, in_time
from web.patience import Patient

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

OPENING = 20.0
"""Seconds to open the base: dictionaries and index are read from the disk."""

ALONE: Sequence[tuple[str, Callable[[Settings], Iterable[Finding]]]] = (
    ("Python", machine.python),
    (_("程序包"), machine.packages),
    (_("时钟"), machine.clock),
    (_("设置"), configuration.unknown),
    (_("对外地址"), configuration.address),
    (_("反向代理"), configuration.proxies),
    (_("监控"), configuration.watching),
    (_("数据目录"), machine.home),
    (_("磁盘剩余"), machine.disks),
    (_("会话密钥"), machine.key),
    (_("分词"), machine.segmenter),
    (_("检索引擎"), search.engine),
)
"""What can be looked at without a base, and what it is about."""
OF_BASE: Sequence[tuple[str, Callable[["KnowledgeBase"], Iterable[Finding]]]] = (
    (_("数据库"), base.server),
    (_("账号表"), base.accounts),
    (_("索引"), search.index),
    (_("搜索服务器"), search.cluster),
    (_("待进索引的改动"), base.changes),
    (_("附件"), base.attachments),
    (_("备份"), base.backups),
)


@click.command(
    "doctor",
    help=_("检查安装和知识库，逐项给出结果和办法；有问题时退出码为 {code}。").format(code=errors.PROBLEMS_FOUND),
)
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(as_json: bool) -> None:
    from kb_service import config
    from web import logs

    settings = config.load()
    masked = logs.Masking(logs.hidden(settings)).masked
    findings = (replace(one, seen=masked(one.seen), cure=masked(one.cure)) for one in examine(settings))
    if (_json if as_json else _lines)(findings):
        raise click.exceptions.Exit(errors.PROBLEMS_FOUND)


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything there is to find, one after the other; nothing that hangs is waited for long."""
    for name, look in ALONE:
        yield from in_time(name, partial(look, settings))
    try:
        opened = Patient(lambda: _opened(settings), OPENING)()
    except (KBError, IndexerError, TimeoutError) as error:
        yield _closed(error)
        return
    try:
        for name, look_inside in OF_BASE:
            yield from in_time(name, partial(look_inside, opened))
    finally:
        opened.close()


def _opened(settings: Settings) -> "KnowledgeBase":
    from kb_service.bootstrap import open_base

    return open_base(settings)


def _closed(error: Exception) -> Finding:
    seen = _("连不上，没有答复") if isinstance(error, TimeoutError) else errors.sentence(error)
    cure = _("请执行 kb db upgrade 建立或升级数据库，或核对 KB_HOME 和 KB_DATABASE。")
    return Finding(_("数据库"), seen, cure)


def _lines(findings: Iterable[Finding]) -> bool:
    """Write each as it is found; whether any is wrong."""
    wrong = False
    for finding in findings:
        wrong |= finding.verdict == WRONG
        click.echo(f"{MARKS[finding.verdict]} {finding.name}  {finding.seen}")
        if finding.cure:
            click.echo(f"  → {finding.cure}")
    return wrong


def _json(findings: Iterable[Finding]) -> bool:
    told = [{"name": one.name, "verdict": one.verdict, "seen": one.seen, "cure": one.cure} for one in findings]
    output.write_json(told)
    return any(one["verdict"] == WRONG for one in told)
