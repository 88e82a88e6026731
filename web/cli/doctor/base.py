"""What only an open base can tell: database, changes that wait, imports, attachments, backups."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kb_service.store.connections import POSTGRESQL
from web.cli import language
from web.cli.doctor.finding import Finding, advice

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.results import BackupState, DatabaseServer

_ = language.text

OLDEST = (13,)
"""The first PostgreSQL the program is made for."""
SKEW = 5.0
"""Seconds two clocks may differ: leases last eight."""
CROWDED = 0.8
"""Share of the connections of a server from which on others may find none."""
LATE = 60.0
"""Seconds after which a change that waits tells of a missing worker."""
SAMPLE = 20


def server(base: "KnowledgeBase") -> Iterator[Finding]:
    told = base.health.server()
    name, version = _("数据库"), ".".join(map(str, told.version))
    too_old = told.kind == POSTGRESQL and told.version < OLDEST
    yield Finding(
        name,
        _("{kind} {version}，可以打开，结构与程序版本相符").format(kind=told.kind, version=version),
        _("请升级到 PostgreSQL 13 或更新的版本。") if too_old else "",
    )
    yield from _clock(told)
    yield from _connections(told)


def accounts(base: "KnowledgeBase") -> Iterator[Finding]:
    from web.accounts import is_current

    good = is_current(base.settings.database_url())
    seen = _("与程序版本相符") if good else _("版本不符")
    yield Finding(_("账号表"), seen, "" if good else _("请执行 kb db upgrade。"))


def changes(base: "KnowledgeBase") -> Iterator[Finding]:
    """Who works in the background is known by what does not get done."""
    told = base.health.workload()
    seen = _("等待 {waiting}，最久 {seconds} 秒，搁置 {parked}").format(
        waiting=told.waiting, seconds=round(told.lag), parked=told.parked
    )
    cure = ""
    if told.lag > LATE and not told.rebuild:
        cure = _("没有后台任务在处理改动。请启动 kb worker，或去掉 KB_BACKGROUND=false。")
    elif told.parked:
        cure = _("有改动多次没能进索引。原因见 kb index status；处理后执行 kb index rebuild。")
    yield Finding(_("待进索引的改动"), seen, cure)
    if told.imports_running or told.imports_waiting:
        seen = _("正在执行 {running}，等待 {waiting}").format(
            running=told.imports_running, waiting=told.imports_waiting
        )
        yield Finding(_("导入"), seen)


def attachments(base: "KnowledgeBase") -> Iterator[Finding]:
    told = base.health.attachments(SAMPLE)
    seen = _("抽查 {count} 个，缺少 {missing}，损坏 {damaged}").format(
        count=told.looked_at, missing=told.missing, damaged=told.damaged
    )
    good = not told.missing and not told.damaged
    cure = _("请从备份取回 attachments 目录里的文件，并检查磁盘。")
    yield Finding(_("附件"), seen, "" if good else cure)


def backups(base: "KnowledgeBase") -> Iterator[Finding]:
    told = base.backups.state()
    name = _("备份")
    if not told.target:
        seen = _seen(told)
        cure = _("没有定时备份。请设置 KB_BACKUP_TARGET，或自己定时执行 kb backup。")
        yield advice(name, seen, cure)
    else:
        yield Finding(name, _seen(told), " ".join(_alarm(code) for code in told.alarms))


def _clock(told: "DatabaseServer") -> Iterator[Finding]:
    if told.ahead is not None:
        seen = _("比本机快 {seconds} 秒").format(seconds=f"{told.ahead:.1f}")
        cure = _("两台机器的时钟相差太多，请用 NTP 或 chrony 对时。")
        yield Finding(_("数据库时钟"), seen, cure if abs(told.ahead) > SKEW else "")


def _connections(told: "DatabaseServer") -> Iterator[Finding]:
    if told.connections:
        used, most = told.connections
        cure = _("快用完了。请减少 KB_WORKERS，或调大 PostgreSQL 的 max_connections。")
        yield Finding(_("数据库连接"), f"{used} / {most}", cure if used > CROWDED * most else "")


def _seen(told: "BackupState") -> str:
    if told.last_good_at is None:
        return _("还没有成功的备份")
    at = told.last_good_at.isoformat(timespec="minutes")
    return _("最近一次成功 {at}，{size:.1f} MB").format(at=at, size=told.last_good_bytes / (1 << 20))


def _alarm(code: str) -> str:
    sentences = {
        "overdue": _("已过了两次备份的时间。请看日志，并确认 kb worker 在运行。"),
        "failed": _("最近一次没有成功。请看 kb backup 的提示或日志。"),
        "shrunk": _("比上一份小了一半以上。请执行 kb backup verify 核对。"),
        "incomplete": _("有附件没有备份到。请检查 attachments 目录。"),
    }
    return sentences.get(code, code)
