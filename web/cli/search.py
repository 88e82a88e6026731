"""`kb search`: what the search page finds, on the terminal or as JSON."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kb_service.config import Settings
from kb_service.errors import IndexBuilding, Invalid, SearchUnavailable
from kb_service.inputs import SearchRequest
from kb_service.results import SearchResults
from web.cli import base, language, output

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.domain.access import Actor

_ = language.text

TEXT_LIMIT = 12 * 1024 * 1024
"""Bytes read from standard input: as many as the search page takes."""
STEPS = {
    "most": _("没有内容同时包含全部词语，以下内容包含其中大部分。"),
    "any": _("没有内容同时包含大部分词语，以下内容包含其中一部分。"),
}
"""What is said of the step a search ended at."""
FOLDERS = {"KB": "articles", "BG": "reports"}


@click.command(
    "search",
    help=_("检索知识。WORDS 为 - 时从标准输入读取（如整段日志），最多 12 MB。"),
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, required=True)
@base.as_person
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True, help=_("最多显示几条。"))
@click.option("--exact", is_flag=True, help=_("只按输入的文字检索，不作更正。"))
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(words: tuple[str, ...], person: str, limit: int, exact: bool, as_json: bool) -> None:
    from web.params import clean

    told = clean(_standard_input() if words == ("-",) else " ".join(words))
    with base.opened() as opened:
        results = _found(opened, base.asking(opened, person), SearchRequest(words=told, limit=limit, exact=exact))
        (_show_json if as_json else _show)(results, opened.settings)


def _found(opened: "KnowledgeBase", actor: "Actor", request: SearchRequest) -> SearchResults:
    """The answer. Raises SearchUnavailable with a cure when there is no index and nobody builds one."""
    try:
        return opened.search.find(actor, request)
    except IndexBuilding as refusal:
        if opened.index.status().state == "building":
            raise
        sentence = _("还没有可用的索引。请执行 kb index rebuild，或启动 kb serve，由它建立。")
        raise SearchUnavailable(sentence) from refusal


def _standard_input() -> str:
    data = sys.stdin.buffer.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        raise Invalid(_("要检索的文字超过 12 MB，没有检索。请截取关键的一段再试。"))
    return data.decode("utf-8", errors="replace")


def _show_json(results: SearchResults, settings: Settings) -> None:
    output.write_json(shape(results, output.address(settings)))


def shape(results: SearchResults, address: str) -> dict[str, Any]:
    """What ``--json`` prints; programs rely on it."""
    from web.labels import facet_label

    names = ("number", "kind", "title", "system", "score", "snippet")
    return {
        "total": results.total,
        "hits": [
            {name: getattr(hit, name) for name in names} | {"url": f"{address}/{FOLDERS[hit.number[:2]]}/{hit.number}"}
            for hit in results.hits
        ],
        "facets": {
            name: [{"value": value.value, "label": facet_label(name, value), "count": value.count} for value in values]
            for name, values in results.facets.items()
        },
        "corrected": results.repaired or None,
        "took_ms": results.took_ms,
        "step": results.step,
        "repaired": results.repaired,
        "did_you_mean": list(results.did_you_mean),
        "also_searched": [{"typed": typed, "also": also} for typed, also in results.also_searched],
    }


def _understood(results: SearchResults) -> Iterator[str]:
    """What was searched beside or instead of the words, and what may have been meant."""
    if results.repaired:
        yield _("没有找到“{words}”，已按“{repaired}”检索。加上 --exact 只按原文检索。").format(
            words=results.words, repaired=results.repaired
        )
    if results.did_you_mean:
        yield _("您是不是要找：{words}").format(words=_("、").join(results.did_you_mean))
    if results.also_searched:
        yield _("也检索了：{words}").format(words=_("、").join(also for _typed, also in results.also_searched))
    if results.hits and results.step in STEPS:
        yield STEPS[results.step]


def _show(results: SearchResults, settings: Settings) -> None:
    for line in _understood(results):
        click.echo(line)
    if not results.hits:
        click.echo(_("没有找到。请换个说法，或只留下错误代码和关键词再试。"))
        return
    click.echo(_("共 {total} 条，用时 {took:.0f} 毫秒").format(total=results.total, took=results.took_ms))
    for place, hit in enumerate(results.hits, 1):
        click.echo(
            f"\n{place:>2}. {hit.number}  {output.marked(hit.title_html)}" + (f"  [{hit.system}]" if hit.system else "")
        )
        if hit.snippet:
            click.echo("    " + " ".join(output.marked(hit.snippet).split()))
