"""Settings that nobody reads, and settings that do not go together."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from kb_service.config import LOOPBACK, Settings
from web.cli import language
from web.cli.doctor.finding import Finding, advice

_ = language.text

PREFIX = "KB_"
OTHERS = ("KB_CONFIG", "KB_TEST_")
"""Variables of ours that are no settings, or how they begin."""


def unknown(_settings: Settings) -> Iterator[Finding]:
    """Variables and lines of the file that look like settings and are none."""
    path = Path(os.environ.get("KB_CONFIG") or "kb.toml")
    name = _("设置")
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    told = {one for one in os.environ if one.startswith(PREFIX) and not one.startswith(OTHERS)}
    told |= {PREFIX + line.upper() for line in _lines(path)}
    yield Finding(name, _seen(path, len(told & known)))
    for one in sorted(told - known):
        yield Finding(name, _("{name} 不是设置，没有起作用").format(name=one), _cure(one, known))


def address(settings: Settings) -> Iterator[Finding]:
    """Where people come in, and whether what they bring is safe on the way."""
    name, public = _("对外地址"), urlsplit(settings.public_url)
    at_home = settings.host in LOOPBACK
    seen = settings.public_url or f"{settings.host}:{settings.port}"
    if settings.demo_marker.exists() and not at_home:
        yield Finding(name, seen, _("演示库的密码是公开的，只能在本机访问。请去掉 KB_HOST，或换一个 KB_HOME。"))
    elif not settings.public_url and not at_home:
        cure = _("别的机器能访问，却没有对外地址：不限制访问频率，登录不加密。请设置 KB_PUBLIC_URL。")
        yield Finding(name, seen, cure)
    elif public.scheme == "http" and public.hostname not in LOOPBACK:
        yield Finding(name, seen, _("登录不加密。请在前面放一个带证书的反向代理，并把 KB_PUBLIC_URL 改成 https://…。"))
    else:
        yield Finding(name, seen)


def proxies(settings: Settings) -> Iterator[Finding]:
    """Without the address a proxy tells, all people come from the same one and share its rate."""
    name = _("反向代理")
    if settings.trusted_proxies:
        yield Finding(name, settings.trusted_proxies)
    elif settings.public_url.startswith("https://"):
        cure = _("请把反向代理的地址写进 KB_TRUSTED_PROXIES，否则所有访客算作同一个地址，共用一份访问频率。")
        yield Finding(name, _("没有信任的"), cure)


def watching(settings: Settings) -> Iterator[Finding]:
    name = _("监控")
    if settings.log_queries:
        cure = _("日志里有人们检索的原文，可能含个人信息。查完问题后请去掉 KB_LOG_QUERIES。")
        yield advice(name, "KB_LOG_QUERIES=true", cure)
    elif settings.host not in LOOPBACK and not settings.metrics_token:
        yield Finding(name, _("/metrics 只有本机能读；别的机器要读，请设置 KB_METRICS_TOKEN"))


def _lines(path: Path) -> Iterable[str]:
    """The names a settings file gives values to; a broken file has stopped the command before."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else ()


def _seen(path: Path, count: int) -> str:
    place = str(path.absolute()) if path.is_file() else _("没有设置文件")
    return _("{place}，设置了 {count} 项").format(place=place, count=count)


def _cure(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return _("是不是 {name}？请改正，或去掉它。").format(name=near[0])
    return _("请去掉它，或对照 docs/configuration.md。")
