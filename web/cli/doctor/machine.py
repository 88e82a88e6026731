"""What holds without a base: Python, packages, folders, disks, key, segmenter, clock."""

import os
import platform
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from kb_service.config import Settings
from web.cli import language
from web.cli.doctor.finding import Finding, advice

_ = language.text

ROOM = 1 << 30
"""Bytes that should be free."""
OLDEST, NEWEST = (3, 11), (3, 14)


def python(_settings: Settings) -> Iterator[Finding]:
    good = OLDEST <= sys.version_info[:2] <= NEWEST
    cure = _("请改用 Python 3.11 到 3.14。")
    yield Finding("Python", f"{platform.python_version()} {platform.machine()}", "" if good else cure)


def packages(_settings: Settings) -> Iterator[Finding]:
    """The libraries the program can do without."""
    without = {
        "tantivy": _("没有安装，用 whoosh 引擎，适合几千篇以内的知识库"),
        "rjieba": _("没有安装，用 jieba 分词，结果相同，速度较慢"),
    }
    for name, sentence in without.items():
        yield Finding(name, version(name) if find_spec(name) else sentence)


def home(settings: Settings) -> Iterator[Finding]:
    name, folder = _("数据目录"), settings.home.absolute()
    if not folder.is_dir():
        cure = _("还没有这个目录。请执行 kb serve 或 kb db upgrade 建立知识库，或设置 KB_HOME。")
        yield Finding(name, str(folder), cure)
        return
    demo = _("（演示库）") if settings.demo_marker.exists() else ""
    mode = stat.S_IMODE(folder.stat().st_mode)
    seen = f"{folder}{demo} {mode:04o}"
    if refusal := _unwritable(folder):
        yield Finding(name, f"{seen} {refusal}", _("请让运行服务的账号能写这个目录。"))
    elif mode & 0o007:
        yield advice(name, seen, _("本机其他账号能进入这个目录。请执行 chmod o-rwx {path}。").format(path=folder))
    else:
        yield Finding(name, seen)


def disks(settings: Settings) -> Iterator[Finding]:
    """The room in each place something is written to, once for each disk."""
    known: dict[int, tuple[Path, list[str]]] = {}
    for what, path in _places(settings):
        folder = next(one for one in (path, *path.parents) if one.exists())
        known.setdefault(folder.stat().st_dev, (folder, []))[1].append(what)
    for folder, names in known.values():
        free = shutil.disk_usage(folder).free
        cure = "" if free >= ROOM else _("请清理磁盘，至少留出 1 GB，否则导入和索引会失败。")
        yield Finding(_("磁盘剩余"), f"{free / ROOM:.1f} GB（{'、'.join(names)}）", cure)


def key(settings: Settings) -> Iterator[Finding]:
    name, path = _("会话密钥"), settings.home / "secret"
    if settings.secret:
        yield Finding(name, "KB_SECRET")
    elif not path.exists():
        yield Finding(name, _("首次启动时生成"))
    else:
        mode = stat.S_IMODE(path.stat().st_mode)
        cure = _("密钥可被他人读取。请执行 chmod 600 {path}，再更换密钥。").format(path=path)
        yield Finding(name, f"{path} {mode:04o}", cure if mode & 0o077 else "")


def segmenter(_settings: Settings) -> Iterator[Finding]:
    from indexer.analysis.analyzer import Analyzer

    try:
        words = Analyzer().words("增值税发票开具失败")
    except Exception as error:  # whatever a broken library raises is what is to be told
        yield Finding(_("分词"), str(error), _("请重新安装 rjieba 或 jieba。"))
    else:
        yield Finding(_("分词"), " / ".join(words))


def clock(_settings: Settings) -> Iterator[Finding]:
    """Times are kept in UTC and shown as in Beijing, whatever the zone of the machine."""
    yield Finding(_("时钟"), f"{time.strftime('%Y-%m-%d %H:%M:%S %z')}")


def _places(settings: Settings) -> Iterator[tuple[str, Path]]:
    from kb_service.store.connections import file_of

    yield _("数据目录"), settings.home.absolute()
    if file := file_of(settings.database_url()):
        yield _("数据库"), file.absolute()
    if settings.backup_target:
        yield _("备份"), settings.home.absolute() / settings.backup_target


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there, "" where it can."""
    probe = folder / f".doctor-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return ""
