"""`kb doctor`: looks at the installation and the base, one line each, with a cure where something is wrong."""

import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from kb_service.config import Settings
from kb_service.errors import KBError
from web.cli import errors, language

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

_ = language.text

ROOM = 1 << 30
"""Bytes that should be free."""
OLDEST, NEWEST = (3, 11), (3, 14)


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was seen, and what to do when it is wrong ("" when all is well)."""

    name: str
    seen: str
    cure: str = ""


@click.command(
    "doctor",
    help=_("检查安装和知识库，逐项给出结果和办法；有问题时退出码为 {code}。").format(code=errors.PROBLEMS_FOUND),
)
def command() -> None:
    from kb_service import config

    settings = config.load()
    wrong = 0
    for finding in examine(settings):
        wrong += bool(finding.cure)
        click.echo(f"{'✗' if finding.cure else '✓'} {finding.name}  {finding.seen}")
        if finding.cure:
            click.echo(f"  → {finding.cure}")
    if wrong:
        raise click.exceptions.Exit(errors.PROBLEMS_FOUND)


def examine(settings: Settings) -> Iterator[Finding]:
    """What holds without a base, then what only an open base can tell."""
    yield _python()
    yield from _packages()
    yield _home(settings)
    yield _disk(settings)
    yield _secret(settings)
    yield _engine(settings)
    yield _segmenter()
    yield from _of_base(settings)


def _python() -> Finding:
    good = OLDEST <= sys.version_info[:2] <= NEWEST
    cure = _("请改用 Python 3.11 到 3.14。")
    return Finding("Python", f"{platform.python_version()} {platform.machine()}", "" if good else cure)


def _packages() -> Iterator[Finding]:
    """The libraries the program can do without."""
    without = {
        "tantivy": _("没有安装，用 whoosh 引擎，适合几千篇以内的知识库"),
        "rjieba": _("没有安装，用 jieba 分词，结果相同，速度较慢"),
    }
    for name, sentence in without.items():
        yield Finding(name, version(name) if find_spec(name) else sentence)


def _home(settings: Settings) -> Finding:
    home = settings.home.absolute()
    if not home.is_dir():
        return Finding(
            _("数据目录"), str(home), _("还没有这个目录。请执行 kb serve 或 kb db upgrade 建立知识库，或设置 KB_HOME。")
        )
    try:
        probe = home / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(_("数据目录"), f"{home} {error.strerror}", _("请让运行服务的账号能写这个目录。"))
    return Finding(_("数据目录"), str(home) + (_("（演示库）") if settings.demo_marker.exists() else ""))


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.home.absolute(), *settings.home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    cure = "" if free >= ROOM else _("请清理磁盘，至少留出 1 GB，否则导入和索引会失败。")
    return Finding(_("磁盘剩余"), f"{free / ROOM:.1f} GB", cure)


def _secret(settings: Settings) -> Finding:
    path = settings.home / "secret"
    if settings.secret:
        return Finding(_("会话密钥"), "KB_SECRET")
    if not path.exists():
        return Finding(_("会话密钥"), _("首次启动时生成"))
    mode = stat.S_IMODE(path.stat().st_mode)
    cure = "" if mode & 0o077 == 0 else _("密钥可被他人读取。请执行 chmod 600 {path}，再更换密钥。").format(path=path)
    return Finding(_("会话密钥"), f"{path} {mode:04o}", cure)


def _engine(settings: Settings) -> Finding:
    from indexer.engines import default_address

    if settings.index:
        return Finding(_("检索引擎"), _("{address}（由 KB_INDEX 指定）").format(address=settings.index))
    address = default_address()
    why = _("已安装 tantivy") if find_spec("tantivy") else _("没有安装 tantivy")
    return Finding(_("检索引擎"), f"{address}（{why}）")


def _segmenter() -> Finding:
    from indexer.analysis.analyzer import Analyzer

    try:
        words = Analyzer().words("增值税发票开具失败")
    except Exception as error:  # whatever a broken library raises is what is to be told
        return Finding(_("分词"), str(error), _("请重新安装 rjieba 或 jieba。"))
    return Finding(_("分词"), " / ".join(words))


def _of_base(settings: Settings) -> Iterator[Finding]:
    from kb_service.bootstrap import open_base

    name = _("数据库")
    try:
        base = open_base(settings)
    except KBError as error:
        yield Finding(
            name, errors.sentence(error), _("请执行 kb db upgrade 建立或升级数据库，或核对 KB_HOME 和 KB_DATABASE。")
        )
        return
    try:
        yield Finding(name, _("可以打开，结构与程序版本相符"))
        yield _accounts(settings)
        yield _index(base)
    finally:
        base.close()


def _accounts(settings: Settings) -> Finding:
    from web.accounts import is_current

    good = is_current(settings.database_url())
    return Finding(
        _("账号表"), _("与程序版本相符") if good else _("版本不符"), "" if good else _("请执行 kb db upgrade。")
    )


def _index(base: "KnowledgeBase") -> Finding:
    from web.cli.index import describe

    state = base.index.status()
    seen = _("{state}，{documents} 篇，等待 {waiting}，搁置 {parked}").format(
        state=describe(state), documents=state.documents, waiting=state.waiting, parked=state.parked
    )
    good = state.state in ("ready", "building") and not state.parked
    return Finding(_("索引"), seen, "" if good else _("请执行 kb index rebuild。"))
